import type { ShallowRef } from "vue";
import type { Immutable, Readable, Status, SyncedStore } from "./index.js";

/**
 * The state of a store, or what `selector` takes from it, until the component or effect scope ends.
 *
 * The selector may read other refs.
 * One that makes a new object each time needs `equal`, which says when two of them are the same.
 *
 * @defaultValue `equal` is `Object.is`
 */
export function useStore<T extends object>(
  store: SyncedStore<T, any>,
): Readonly<ShallowRef<Immutable<T>>>;
export function useStore<T extends object, S>(
  store: SyncedStore<T, any>,
  selector: (state: Immutable<T>) => S,
  equal?: (a: S, b: S) => boolean,
): Readonly<ShallowRef<S>>;

/**
 * The value of anything that has `get` and `subscribe`, such as `store.history`.
 *
 * @param serverValue - what a server renders and hydration begins with, where the value at that time may be another in the browser
 */
export function useReadable<V>(readable: Readable<V>, serverValue?: V): Readonly<ShallowRef<V>>;

/** The state of the connection; on a server and while hydrating it is `loading`. */
export function useStatus(store: SyncedStore<any, any>): Readonly<ShallowRef<Status>>;
