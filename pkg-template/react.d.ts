import type { FC, ReactNode } from "react";
import type {
  Draft,
  Immutable,
  Peer,
  Readable,
  Status,
  SyncedStore,
  SyncedStoreOptions,
  Value,
} from "./index.js";

/**
 * The state of a store, or what `selector` takes from it. The component is rendered again when that has become another value.
 *
 * A selector may be written inline. One that makes a new object each time needs `equal`, which says when two of them are the same.
 *
 * @defaultValue `equal` is `Object.is`
 */
export function useStore<T extends object>(store: SyncedStore<T, any>): Immutable<T>;
export function useStore<T extends object, S>(
  store: SyncedStore<T, any>,
  selector: (state: Immutable<T>) => S,
  equal?: (a: S, b: S) => boolean,
): S;

/**
 * The value of anything that has `get` and `subscribe`, such as `store.history`.
 *
 * @param serverValue - what a server renders and hydration begins with, where the value at that time may be another in the browser; always the same object
 */
export function useReadable<V>(readable: Readable<V>, serverValue?: V): V;

/** The state of the connection; on a server and while hydrating it is `loading`. */
export function useStatus(store: SyncedStore<any, any>): Status;

/** Who is here, and what each shows of itself; with `update` this store shows something else. On a server and while hydrating nobody else is here, and this store has no `id`. */
export function usePresence<P extends Value>(store: SyncedStore<any, P>): PresenceView<P>;

/** What {@link usePresence} gives: the same object until somebody comes, leaves or shows something else. */
export interface PresenceView<P extends Value> {
  /** This store; its `presence` is `null` until it is given one. */
  readonly self: Peer<P | null>;
  /** Everybody else who shows something. */
  readonly others: readonly Peer<P>[];
  /** Shows something else; always the same function. */
  readonly update: (change: Partial<P> | ((draft: Draft<P>) => void)) => void;
}

/**
 * The store of a room, made when the first component asks for this url. It is shared by all that do, and disposed of a second after the last of them has gone.
 *
 * Its options are those of the component that was first, but for `auth`, which is the one that was given last. Another user is told by another text; where `auth` is a function, `dispose` the store when its user leaves.
 * On a server it is one that only has `initial`, and is `ready`.
 */
export function useSyncedStore<T extends object, P extends Value = any>(
  url: string,
  options: SyncedStoreOptions<T, P>,
): SyncedStore<T, P>;

/** What {@link createStoreContext} gives: the hooks of one kind of store, which find it by themselves. */
export interface StoreContext<T extends object, P extends Value = any> {
  /** Gives its children a store. */
  readonly Provider: FC<{ store: SyncedStore<T, P>; children?: ReactNode }>;
  /** The store of the nearest Provider, for writing. Throws where there is none, as the others do. */
  readonly useSyncedStore: () => SyncedStore<T, P>;
  /** {@link useStore} without its first argument. */
  readonly useStore: {
    (): Immutable<T>;
    <S>(selector: (state: Immutable<T>) => S, equal?: (a: S, b: S) => boolean): S;
  };
  /** {@link useStatus} of that store. */
  readonly useStatus: () => Status;
  /** {@link usePresence} of that store. */
  readonly usePresence: () => PresenceView<P>;
}

/** Makes a context for stores whose document is a `T`. */
export function createStoreContext<T extends object, P extends Value = any>(): StoreContext<T, P>;
