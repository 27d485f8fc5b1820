// What the app is told, and what it holds of the document.

import type {
  DisposedError,
  Draft,
  Immutable,
  Json,
  Path,
  PatchOp,
  RejectedError,
  SyncedStore,
  SyncedStoreError,
  Value,
} from "./index.js";

/**
 * Undo and redo of this replica's own edits, also of those that the room has not taken yet.
 *
 * What is undone is a change like any other. A newer write of somebody else stands: what an undo leaves out for it is in the `lost` of its change, as `superseded`.
 */
export interface History extends Readable<{
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** The label of what {@link History.undo} would take back, where it has one. */
  readonly undoLabel?: string | undefined;
  /** The label of what {@link History.redo} would take back, where it has one. */
  readonly redoLabel?: string | undefined;
}> {
  /** Takes the last step back; `null` when there is none, or inside `transact`. */
  undo(): Change | null;
  /** Takes the last undo back; `null` when there is none. An edit drops what could be redone. */
  redo(): Change | null;
  /** Forgets every step. */
  clear(): void;
  /** From here on edits are one step, until the returned function is called: for a drag. `label` is the step's. A group inside another is part of it. */
  group(label?: string): () => void;
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
  /** The room's version with the change in it; where nothing of it was left or it changed nothing, the version at which that was known. */
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
  /** What this store's app called it. */
  readonly label?: string;
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
export interface Presence<P extends Value = any> extends Readable<readonly Peer<P>[]> {
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
export interface StoreEvents<P extends Value = any> {
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

/** A field for text, as a page has it: a `<textarea>`, or an `<input>` for text. */
export interface TextField {
  /** What is in it. */
  value: string;
  /** How far it is scrolled, which stays. */
  scrollTop: number;
  /** Where the selection begins; `null` where a field has none. */
  readonly selectionStart: number | null;
  /** Where it ends; the same where it is a caret. */
  readonly selectionEnd: number | null;
  /** Which of both ends moves. */
  readonly selectionDirection: "forward" | "backward" | "none" | null;
  /** Puts the caret, or what is selected, where it belongs in another text. */
  setSelectionRange(
    start: number,
    end: number,
    direction?: "forward" | "backward" | "none" | undefined,
  ): void;
  /** The document or shadow root that the field is in, which knows whether it has the focus. */
  getRootNode(): object;
  /** Listens to what is typed, and to an input method that composes. */
  addEventListener(type: string, listener: (event: { readonly type: string }) => void): void;
  /** Lets the field go. */
  removeEventListener(type: string, listener: (event: { readonly type: string }) => void): void;
}

/**
 * A text in the document. Edits of several people in it merge.
 *
 * The path is a place, and what stands there is edited: in a list that may be another item's text tomorrow, so put texts that people type in into an object by key.
 */
export interface TextHandle extends Readable<string> {
  /**
   * Inserts before the code unit at `index`. Where no text is yet, one is made.
   *
   * @throws {@link SyncedStoreError} with `invalid-patch` when `index` is outside the text or inside a character, or something other than a text stands there, also `null`; so does `delete`.
   */
  insert(index: number, text: string): Change;
  /** Deletes `length` code units from `index` on. */
  delete(index: number, length: number): Change;
  /** Makes it read `value`, by the smallest edit that does. `cursor`, the caret behind what was typed, tells which of several equal letters is new. */
  set(value: string, cursor?: number): Change;
  /**
   * Keeps a field in step with the text, both ways, until the returned function is called or `signal` aborts.
   *
   * The caret stays where it is in the text. While an input method composes, what others write waits to be shown.
   * What goes wrong is told as an error of the store, and the field shows the text again; when the store has ended, the field is let go.
   * The field's own undo knows nothing of others; use {@link SyncedStore.history} for that.
   */
  bind(field: TextField, options?: { signal?: AbortSignal | undefined }): () => void;
}

/** A number in the document, at a place as with {@link TextHandle}. What several people add to it adds up. */
export interface CounterHandle extends Readable<number> {
  /**
   * Adds; where no number is yet, it begins at 0.
   *
   * @throws {@link SyncedStoreError} with `invalid-patch` when something other than a number stands there, or the sum is not finite.
   */
  add(by: number): Change;
}
