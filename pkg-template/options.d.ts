// What the app gives.

import type { Json, Path, Presence, SyncedStoreError, Value } from "./index.js";

/** What a store is made with. */
export interface SyncedStoreOptions<T extends object, P extends Value = any> {
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
        /**
         * The shortest wait before another attempt, in milliseconds.
         *
         * @defaultValue 250
         */
        minDelayMs?: number | undefined;
        /**
         * The longest wait before another attempt, in milliseconds.
         *
         * @defaultValue 30 000
         */
        maxDelayMs?: number | undefined;
        /**
         * How often the room is asked for a sign of life, in milliseconds, at least 1 000; when none comes the socket is given up.
         *
         * @defaultValue 20 000, so that a dead connection is found within half a minute
         */
        heartbeatMs?: number | undefined;
        /**
         * How many changes may wait to be sent before writing throws `queue-full`.
         *
         * @defaultValue 10 000
         */
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
   * What makes the sockets: a class, or a function that returns one. When it throws, that is told as the error `network`, and it is asked again later.
   *
   * @defaultValue `globalThis.WebSocket`, which Node has from version 22 on
   */
  WebSocket?:
    | (new (url: string, protocols?: string[]) => Socket)
    | ((url: string, protocols?: string[]) => Socket)
    | undefined;
  /**
   * What the store writes to the console: nothing; errors, where `onError` is not given; also changes that are refused; also each status; also each change.
   *
   * @defaultValue "error"
   */
  logLevel?: LogLevel | undefined;
  /**
   * Called for each error that reaches nobody otherwise: those of the connection, those thrown by listeners, and refused changes for which nobody reads `confirmed` or listens.
   *
   * @defaultValue `console.error`
   */
  onError?: ((error: SyncedStoreError) => void) | undefined;
}

/** What the store uses of a socket: one of a browser or of Node, of the package `ws`, or one of your own. */
export interface Socket {
  /** Is called when it is open. */
  onopen: ((event: never) => void) | null;
  /** Is called for each message; its `data` is a text. */
  onmessage: ((event: never) => void) | null;
  /** Is called when it has closed, or was never opened, with `code` and `reason`. */
  onclose: ((event: never) => void) | null;
  /** Is called before `onclose` when something went wrong. */
  onerror: ((event: never) => void) | null;
  /** From 2 on it is closing, and nothing is sent any more. */
  readonly readyState?: number;
  /** Sends a text. */
  send(text: string): void;
  /** Closes it. */
  close(): void;
}

/** How much is written to the console; each has what those before it have. */
export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

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

/** What a write may say of itself. Inside `transact` only `test` counts, and the options of the whole. */
export interface UpdateOptions {
  /** What the change is called, for people: in the history, the event `patch` and developer tools. It stays with this store. */
  label?: string | undefined;
  /**
   * Whether it can be undone. One that cannot is to the history as if somebody else had written it.
   *
   * @defaultValue true
   */
  undoable?: boolean | undefined;
  /**
   * The room refuses the change unless each of these stands where it says, when the change comes.
   *
   * The change has them as `test` operations, and is taken whole or not at all. One that does not hold now throws `invalid-patch`.
   */
  test?: readonly { readonly path: Path; readonly equals: Value }[] | undefined;
}
