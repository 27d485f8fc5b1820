/// <reference lib="esnext.disposable" />

import type {
  Auth,
  Change,
  CounterHandle,
  Draft,
  History,
  Immutable,
  Json,
  Path,
  PatchOp,
  Presence,
  Readable,
  Status,
  StoreEvents,
  SyncedStoreOptions,
  TextHandle,
  UpdateOptions,
  Value,
} from "./index.js";

export * from "./json.js";
export * from "./options.js";
export * from "./told.js";

/**
 * One replica of a room's document.
 *
 * Each has its own socket and its own id.
 */
export class SyncedStore<T extends object, P extends Value = any>
  implements Disposable, AsyncDisposable
{
  /**
   * Makes a replica. May stand at the top of a module and run on a server: nothing connects before the constructor has returned, and on a server nothing connects unless told to.
   *
   * @param url - the room: `ws://host/rooms/name` or `wss:`; it may be relative to a page, and where there is none, as on a server that renders, such a store cannot connect
   * @throws {@link SyncedStoreError} with `protocol` when the url names no room, with `invalid-patch` or `too-large` when `initial` cannot be a document; a `TypeError` when there is no `initial`, or `auth` is no text and no function.
   */
  constructor(url: string | URL, options: SyncedStoreOptions<T, P>);

  /** Makes a store, connects it, and waits until it is `ready`; disposes it when that fails, as with `network` where there is no WebSocket. */
  static open<T extends object, P extends Value = any>(
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
   * What `selector` makes of the state: made once for each state, and told when it is another one, as `equal` says.
   *
   * @defaultValue `Object.is` for `equal`
   */
  select<S>(
    selector: (state: Immutable<T>) => S,
    equal?: (before: S, now: S) => boolean,
  ): Readable<S>;

  /**
   * Edits the document: `recipe` changes its draft, or returns a new state. `state` shows it on the next line.
   *
   * When the recipe throws, its error goes on and nothing has changed.
   * The draft ends with the recipe.
   *
   * @throws {@link SyncedStoreError} with `invalid-patch` and the path of what JSON cannot hold, or when the recipe is async or both edits and returns; with `queue-full` or `too-large`; {@link DisposedError}.
   */
  update(
    recipe: (draft: Draft<T>) => void | T | Draft<T> | Immutable<T>,
    options?: UpdateOptions,
  ): Change;
  /**
   * Applies operations, all or none.
   *
   * @throws {@link SyncedStoreError} with `invalid-patch`, the number of the first operation that does not fit, its path and the reason; with `queue-full` or `too-large`; {@link DisposedError}.
   */
  patch(ops: readonly PatchOp<Value>[], options?: UpdateOptions): Change;
  /**
   * Makes one change of all that `fn` writes: one notification, taken or refused as a whole. When `fn` throws, nothing of it has happened.
   *
   * `fn` must not be async. What `update` and `patch` return inside is the change of the whole.
   */
  transact<R>(fn: () => R, options?: UpdateOptions): R;
  /** A text, for edits that merge; its value is empty while there is none. */
  text(path: Path): TextHandle;
  /** A number, for sums that add up; its value is 0 while there is none. */
  counter(path: Path): CounterHandle;

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
  /** Gives other credentials; a store that needs them, or waits, tries them at once. Throws a `TypeError` for what is no text and no function. */
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
