import type { Immutable, SyncedStore } from "./index.js";

/**
 * The state of a store, or what `selector` takes from it: where `current` is read, what it shows follows the store.
 *
 * The selector may read other state; it runs at each reading.
 * One that makes a new object each time needs `equal`, which says when two of them are the same.
 *
 * `store.status` and `store.history` need nothing: they are stores as Svelte knows them, `$status` and `$history`.
 *
 * @defaultValue `equal` is `Object.is`
 */
export function useStore<T extends object>(
  store: SyncedStore<T, any>,
): { readonly current: Immutable<T> };
export function useStore<T extends object, S>(
  store: SyncedStore<T, any>,
  selector: (state: Immutable<T>) => S,
  equal?: (a: S, b: S) => boolean,
): { readonly current: S };
