/// <reference lib="esnext.disposable" />

/** What JSON can hold, and so what a document can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A deeply readonly view of `T`: what every read returns. */
export type Immutable<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends readonly unknown[]
    ? number extends T["length"]
      ? readonly Immutable<T[number]>[]
      : { readonly [K in keyof T]: Immutable<T[K]> }
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

/** A deeply mutable view of `T`: what a recipe receives. */
export type Draft<T> = T extends readonly unknown[]
  ? number extends T["length"]
    ? Draft<T[number]>[]
    : { -readonly [K in keyof T]: Draft<T[K]> }
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

/**
 * An operation of RFC 6902, or one of three that merge instead of overwriting: `inc` adds to a number, `str_ins` and `str_del` edit a text.
 *
 * Paths are JSON Pointers (RFC 6901), such as `"/todos/0/done"`.
 * Positions and lengths in a text count UTF-16 code units, as `String.prototype.slice` does.
 */
export type PatchOp =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string }
  | { readonly op: "inc"; readonly path: string; readonly inc: number }
  | { readonly op: "str_ins"; readonly path: string; readonly pos: number; readonly str: string }
  | { readonly op: "str_del"; readonly path: string; readonly pos: number; readonly len: number };

/** A JSON Pointer, such as `"/todos/0/done"`, or its parts: `["todos", 0, "done"]`. */
export type Path = string | readonly (string | number)[];

/** What a store is made with. */
export interface SyncedStoreOptions<T extends object, P extends Json = Json> {
  /**
   * The state before anything has arrived, and the first content of a room that nobody has written to: there it is sent once, and only the first one counts.
   *
   * The store makes its own copy.
   */
  initial: T | (() => T);
  /**
   * What lets this client in: a token, or a function that gives one.
   *
   * The function is asked before every connection attempt, and with `"expired"` when the room has refused a token or is about to; a newer one given in time goes on the same socket.
   * `signal` aborts when the answer is no longer wanted.
   * When it throws, that is told as an error, and it is asked again later.
   */
  auth?: Auth | undefined;
  /** How to connect, and how much may wait. */
  connection?:
    | {
        /** The shortest wait before another attempt, in milliseconds. */
        minDelayMs?: number | undefined;
        /** The longest wait before another attempt, in milliseconds. */
        maxDelayMs?: number | undefined;
        /**
         * How often the room is asked for a sign of life, in milliseconds, at least 1 000; when none comes the socket is given up.
         *
         * @defaultValue 20 000, so that a dead connection is found within half a minute
         */
        heartbeatMs?: number | undefined;
        /** How many changes may wait to be sent before writing throws `queue-full`. */
        maxQueue?: number | undefined;
      }
    | undefined;
  /**
   * Where the state and the changes that were not sent outlive the page: `indexedDB()` of `draftsync/indexeddb`, or your own.
   *
   * @defaultValue nowhere: what was not sent is gone with the page
   */
  persist?: Persister | undefined;
  /** How far back this replica's edits can be undone; `false` for not at all. */
  history?: HistoryOptions | false | undefined;
  /**
   * What this store shows of itself at first; see {@link Presence}.
   *
   * @defaultValue nothing: the store sees others, and is not seen
   */
  presence?: P | undefined;
  /** Disposes the store when it aborts. */
  signal?: AbortSignal | undefined;
  /**
   * Whether to connect without being told to.
   *
   * @defaultValue `true` in pages and workers, `false` elsewhere, as where pages are rendered on a server
   */
  autoConnect?: boolean | undefined;
  /**
   * What makes the sockets: a class, or a function that returns one.
   *
   * @defaultValue `globalThis.WebSocket`, which Node has from version 22 on
   */
  WebSocket?:
    typeof WebSocket | ((url: string, protocols?: string[] | undefined) => WebSocket) | undefined;
  /**
   * Called for each error that reaches nobody otherwise: those of the connection, those thrown by listeners, and refused changes for which nobody reads `confirmed` or listens.
   *
   * @defaultValue `console.error`
   */
  onError?: ((error: SyncedStoreError) => void) | undefined;
}

/** What lets a client in. */
export type Auth =
  | string
  | ((asked: {
      readonly reason: "connect" | "expired";
      readonly signal: AbortSignal;
    }) => string | Promise<string>);

/**
 * A place where the state and the changes of replicas outlive the page.
 *
 * For each key it holds a compact form and, in order, what was appended since; the store gives texts for both.
 * Each call is one transaction: it happens whole or not at all, and when its promise resolves it is done.
 * A store calls for one key one after the other, and holds the key against others of the same origin with a Web Lock; where there are none, as in Node, against those of the same process.
 */
export interface Persister {
  /** What is under a key; nothing when there is nothing. */
  load(
    key: string,
  ): Promise<{ readonly compact: Json | undefined; readonly journal: readonly Json[] } | undefined>;
  /** Adds to the journal of a key. */
  append(key: string, entries: readonly Json[]): Promise<void>;
  /** Puts a compact form in the place of what is under a key, its journal too. */
  replace(key: string, compact: Json): Promise<void>;
  /** Removes what is under a key. */
  remove(key: string): Promise<void>;
  /** The keys that begin with a prefix. */
  keys(prefix: string): Promise<readonly string[]>;
}

/** How far back this replica's edits can be undone. */
export interface HistoryOptions {
  /**
   * How many steps, at most 10 000; about 4 MiB of JSON in all.
   *
   * @defaultValue 100
   */
  limit?: number | undefined;
  /**
   * Edits that come within so many milliseconds of the one before are one step.
   *
   * @defaultValue 400
   */
  groupMs?: number | undefined;
}

/**
 * Undo and redo of this replica's own edits, also of those that the room has not taken yet.
 *
 * What is undone is a change like any other. A newer write of somebody else stands: what an undo leaves out for it is in the `lost` of its change, as `superseded`.
 */
export interface History extends Readable<{
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}> {
  /** Takes the last step back; `null` when there is none, or inside `transact`. */
  undo(): Change | null;
  /** Takes the last undo back; `null` when there is none. An edit drops what could be redone. */
  redo(): Change | null;
  /** Forgets every step. */
  clear(): void;
  /** From here on edits are one step, until the returned function is called: for a drag. */
  group(): () => void;
}

/** The state of the connection. `pending` counts the changes that the room has not acknowledged. */
export type Status =
  /** The wasm is not there yet, or what was kept of the room. */
  | { readonly state: "loading"; readonly pending: number }
  /** `attempt` counts from 1. */
  | { readonly state: "connecting"; readonly pending: number; readonly attempt: number }
  /** `synced` says that nothing is pending. */
  | { readonly state: "connected"; readonly pending: number; readonly synced: boolean }
  /** `retryAt` is the time of the next attempt as `Date.now()` counts it; `null` when none is planned, as while there is no network. */
  | { readonly state: "offline"; readonly pending: number; readonly retryAt: number | null }
  /** The room has refused the token; `setAuth` with another one goes on. */
  | { readonly state: "needs-auth"; readonly pending: number; readonly error: SyncedStoreError }
  /** The store has stopped: another attempt cannot help. */
  | { readonly state: "failed"; readonly pending: number; readonly error: SyncedStoreError }
  /** The store was disposed. */
  | { readonly state: "closed"; readonly pending: number };

/** What a write returns. It may be ignored. */
export interface Change {
  /** A name that no other change has; empty when nothing has changed. */
  readonly id: string;
  /** The operations, as they were written. Inside `transact` they are there once it has ended. */
  readonly patches: readonly PatchOp[];
  /**
   * Resolves when the room has taken the change, or nothing of it was left; `lost` then names every operation.
   *
   * Rejects with {@link RejectedError} when the room refused it, with {@link DisposedError} when the store ended first.
   * It is made when it is first read, so ignoring it never causes an unhandled rejection.
   */
  readonly confirmed: Promise<Outcome>;
}

/** What became of a change. */
export interface Outcome {
  /** The room's version with the change in it. */
  readonly version: number;
  /** Whether it was rebased over changes of others. */
  readonly rebased: boolean;
  /** The operations that could not keep their meaning, each with the reason. */
  readonly lost: readonly { readonly op: PatchOp; readonly reason: LostReason }[];
}

/** Why an operation lost its meaning. */
export type LostReason =
  | "target-gone"
  | "parent-gone"
  | "content-replaced"
  | "not-number"
  | "cycle"
  | "overwrote"
  | "merged"
  | "removed-foreign"
  | "superseded";

/** A change that came into the document. */
export interface PatchEvent {
  /** The change's {@link Change.id}; empty where it has none. */
  readonly id: string;
  /** Whose it is: this store's, another client's, the whole content as the room has it, the taking back of a refused change, or this store's undo or redo. */
  readonly origin: "local" | "remote" | "load" | "rollback" | "undo" | "redo";
  /** The author's {@link SyncedStore.clientId}. */
  readonly clientId: string;
  /** The room's version with the change in it; `null` when the room has not given one yet. */
  readonly version: number | null;
  /** Those of others as the room's log has them, own ones as they were written; none for a rollback. To see what a view changed, compare snapshots: unchanged parts are the same objects. */
  readonly patches: readonly PatchOp[];
}

/**
 * A place in the document that moves with every edit: something that stands there, or with `pos` an offset in a text.
 *
 * {@link Presence.anchor} makes one.
 */
export type Anchor = {
  /** A JSON Pointer. */
  readonly $anchor: string;
  /** Offset in UTF-16 code units. */
  readonly pos?: number;
};

/** Somebody who is here. */
export interface Peer<P> {
  /** Their {@link SyncedStore.clientId}. */
  readonly id: string;
  /** Whether this is the store itself. */
  readonly self: boolean;
  /** What their token says of who they are, as its claim `user`; `null` when it says nothing, and for the store itself. */
  readonly user: Json | null;
  /** What they show, with each anchor as it reads in this store's `state`, and `null` in the place of one that is gone. */
  readonly presence: Immutable<P>;
  /** When they were heard of last, as `Date.now()` counts it. */
  readonly lastSeen: number;
}

/**
 * Who is here, and what each shows of itself, such as a name and a cursor: never part of the document, and kept nowhere.
 *
 * A store that was given no presence sees others and is not seen.
 * Others leave at once when their connection ends, and after half a minute without a sign of life; without a connection of its own a store sees nobody else.
 */
export interface Presence<P extends Json = Json> extends Readable<readonly Peer<P>[]> {
  /** This store; its `presence` is `null` until it is given one. */
  readonly self: Peer<P | null>;
  /** Everybody else who shows something. */
  readonly others: readonly Peer<P>[];
  /**
   * Shows something else: members in the place of those that are there, or a function that edits a copy of what is shown. At most once in 50 ms something is sent; of what comes faster, the latest.
   *
   * @throws {@link SyncedStoreError} with `invalid-patch` for what JSON cannot hold, with `too-large` above 1 KiB or 16 anchors; {@link DisposedError}.
   */
  update(change: Partial<P> | ((draft: Draft<P>) => void)): void;
  /** An anchor for what stands in `state` now, to be put anywhere in what is shown, at once. With `pos` it is an offset in the text there. */
  anchor(path: Path, pos?: number): Anchor;
}

/** The events of {@link SyncedStore.on}. */
export interface StoreEvents<P extends Json = Json> {
  /** Somebody came, left, or shows something else, or an anchor of theirs has moved. */
  presence: readonly Peer<P>[];
  /** Every change that comes into the document. */
  patch: PatchEvent;
  /** Another state of the connection, or another number of pending changes. */
  status: Status;
  /** The room refused a change, and it was taken back. */
  rejected: { readonly change: Change; readonly error: RejectedError };
  /** Something went wrong that belongs to no call. */
  error: SyncedStoreError;
}

/** A value over time. Svelte takes it as a store, React's `useSyncExternalStore` takes `subscribe` and `get`. */
export interface Readable<V> {
  /** The value now; the same object until it changes. */
  readonly value: V;
  /** Returns `value`; may be passed on without the object. */
  readonly get: () => V;
  /** Calls `run` at once and after every change; returns what ends this. May be passed on without the object. */
  readonly subscribe: (run: (value: V) => void) => () => void;
}

/**
 * One replica of a room's document.
 *
 * Each has its own socket and its own id.
 */
export class SyncedStore<T extends object, P extends Json = Json>
  implements Disposable, AsyncDisposable
{
  /**
   * Makes a replica. May stand at the top of a module and run on a server: nothing connects before the constructor has returned, and on a server nothing connects unless told to.
   *
   * @param url - the room: `ws://host/rooms/name` or `wss:`; in a page it may be relative
   * @throws {@link SyncedStoreError} with `protocol` when the url names no room, with `invalid-patch` or `too-large` when `initial` cannot be a document.
   */
  constructor(url: string | URL, options: SyncedStoreOptions<T, P>);

  /** Makes a store, connects it, and waits until it is `ready`; disposes it when that fails. */
  static open<T extends object, P extends Json = Json>(
    url: string | URL,
    options: SyncedStoreOptions<T, P>,
  ): Promise<SyncedStore<T, P>>;

  /** This replica's id: random, outlives its sockets, never shared. While the status is `loading` it is empty or not yet the one that counts. After the room was lost or the id was taken it is another. */
  get clientId(): string;
  /** The room's name: the url's path after `/rooms/`. */
  readonly room: string;
  /** Resolves when the room's content is here, or what was kept of it; rejects when the store fails or is disposed before. */
  get ready(): Promise<this>;

  /** The document now. The same object until something changes, and so are its unchanged parts. Never edit it: development builds freeze it. */
  get state(): Immutable<T>;
  /** Returns `state`. Bound: may be passed on without the store. */
  readonly getSnapshot: () => Immutable<T>;
  /** Returns `initial`, for rendering on a server and for hydration. Bound. */
  readonly getServerSnapshot: () => Immutable<T>;
  /** Calls `listener` whenever `state` has become another; returns what ends this. Bound. */
  readonly subscribe: (listener: () => void) => () => void;

  /**
   * Edits the document: `recipe` changes its draft, or returns a new state. `state` shows it on the next line.
   *
   * When the recipe throws, its error goes on and nothing has changed.
   * The draft ends with the recipe.
   *
   * @throws {@link SyncedStoreError} with `invalid-patch` and the path of what JSON cannot hold, or when the recipe is async or both edits and returns; with `queue-full` or `too-large`; {@link DisposedError}.
   */
  update(recipe: (draft: Draft<T>) => void | T | Draft<T> | Immutable<T>): Change;
  /**
   * Applies operations, all or none.
   *
   * @throws {@link SyncedStoreError} with `invalid-patch`, the number of the first operation that does not fit, its path and the reason; with `queue-full` or `too-large`; {@link DisposedError}.
   */
  patch(ops: readonly PatchOp[]): Change;
  /**
   * Makes one change of all that `fn` writes: one notification, taken or refused as a whole. When `fn` throws, nothing of it has happened.
   *
   * `fn` must not be async. What `update` and `patch` return inside is the change of the whole.
   */
  transact<R>(fn: () => R): R;

  /** Undo and redo of this store's own edits. */
  readonly history: History;
  /** Who is here, and what they show. */
  readonly presence: Presence<P>;
  /** The state of the connection. */
  readonly status: Readable<Status>;
  /** Resolves when nothing is pending; rejects when that cannot come any more, or with the signal's reason. */
  flush(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Connects, now and again whenever the connection is lost.
   *
   * @throws {@link SyncedStoreError} with `network` where there is no WebSocket; {@link DisposedError}.
   */
  connect(): void;
  /** Goes offline until `connect`; edits wait meanwhile. */
  disconnect(): void;
  /** Gives other credentials; a store that needs them, or waits, tries them at once. */
  setAuth(auth: Auth | undefined): void;

  /** Calls `listener` at each event; returns what ends this. `signal` ends it too, `once` after the first. */
  on<K extends keyof StoreEvents<P>>(
    type: K,
    listener: (event: StoreEvents<P>[K]) => void,
    options?: { signal?: AbortSignal | undefined; once?: boolean | undefined },
  ): () => void;

  /** Ends the store: closes its socket, stops its timers and listeners, frees its memory. `state` stays readable, writing throws {@link DisposedError}. May be called again. */
  dispose(): void;
  /** Calls `dispose`; for `using`. */
  [Symbol.dispose](): void;
  /** Calls `dispose`, and waits until what is to be kept is written; for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Ends the store and removes what was kept of its room here, with the changes that were not sent: for logging out. Copies of stores in other tabs that live are theirs to remove.
   *
   * Rejects when the persister does.
   */
  clearLocal(): Promise<void>;
}

/** What an error is about: a closed list, the same words as on the wire. */
export type ErrorCode =
  | "wasm-load"
  | "disposed"
  | "invalid-patch"
  | "rejected"
  | "unknown-outcome"
  | "unauthorized"
  | "forbidden"
  | "protocol"
  | "protocol-version"
  | "replaced"
  | "rate-limited"
  | "too-large"
  | "queue-full"
  | "slow"
  | "storage"
  | "storage-full"
  | "overloaded"
  | "unavailable"
  | "network"
  | "internal";

/** Every error of the store. Decide by `code`, never by the text. */
export class SyncedStoreError extends Error {
  constructor(
    code: ErrorCode,
    message?: string,
    more?: { cause?: unknown; details?: Json | undefined },
  );
  /** What it is about. */
  readonly code: ErrorCode;
  /** Whether the same thing may work later without a change. */
  readonly retryable: boolean;
  /** Where the code is explained: a file of this package, and the section in it. */
  readonly docs: string;
  /** Facts, by code: `reason`, `op`, `path` and others. */
  readonly details: Json | undefined;
}

/** The room refused a change, and it was taken back. */
export class RejectedError extends SyncedStoreError {
  private constructor();
  /** What was refused. */
  readonly change: Change;
  /** The document without it, as it was then. */
  readonly state: Json;
}

/** The store had ended. */
export class DisposedError extends SyncedStoreError {
  constructor();
}

/** The version of this package. */
export const version: string;
