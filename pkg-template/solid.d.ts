import type { Accessor } from "solid-js";
import type { Immutable, Readable, Status, SyncedStore } from "./index.js";

/**
 * The state of a store, or what `selector` takes from it, until its owner is disposed of.
 *
 * The selector may read other signals.
 * One that makes a new object each time needs `equal`, which says when two of them are the same.
 *
 * @defaultValue `equal` is `Object.is`
 */
export function useStore<T extends object>(store: SyncedStore<T, any>): Accessor<Immutable<T>>;
export function useStore<T extends object, S>(
  store: SyncedStore<T, any>,
  selector: (state: Immutable<T>) => S,
  equal?: (a: S, b: S) => boolean,
): Accessor<S>;

/**
 * The value of anything that has `get` and `subscribe`, such as `store.history`.
 *
 * @param serverValue - what a server renders and hydration begins with, where the value at that time may be another in the browser
 */
export function useReadable<V>(readable: Readable<V>, serverValue?: V): Accessor<V>;

/** The state of the connection; on a server and while hydrating it is `loading`. */
export function useStatus(store: SyncedStore<any, any>): Accessor<Status>;

/**
 * The state as a store of Solid, of which each part is followed by itself: a change draws again what shows that part and nothing else.
 *
 * It is for reading; write with `update`. The root of the document stays an object; one that becomes an array is not for a mirror.
 *
 * @param options - `key` is the member by which items of lists are known again
 * @defaultValue `key` is `"id"`
 */
export function createStoreMirror<T extends object>(
  store: SyncedStore<T, any>,
  options?: { key?: string | null | undefined },
): Immutable<T>;
