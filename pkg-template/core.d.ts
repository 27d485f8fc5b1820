// What the generated core.js exports. Only the hand-written files of this package read it.

import type { ErrorCode, Json, LostReason, PatchEvent, PatchOp } from "./index.js";

/** What the core throws and tells: a code, and the fields that make a sentence of it. */
export interface Fault {
  readonly draftsync: 1;
  readonly code: ErrorCode;
  readonly reason?: string;
  readonly op?: number;
  readonly path?: string;
  /** What a value was that JSON cannot hold. */
  readonly kind?: string;
  readonly waiting?: number;
  readonly bytes?: number;
}

/** Why the room refused a change. */
export interface Refusal {
  readonly code: ErrorCode;
  /** Index of the operation in the change as it was written. */
  readonly op: number;
  readonly rule: string;
}

export interface Settled {
  readonly seq: number;
  readonly version: number;
  readonly rebased: boolean;
  /** By the index in the change as it was written; what an undo left out is in no change. */
  readonly lost: readonly { readonly op: number | PatchOp; readonly reason: LostReason }[];
}

/** As `Status`, with a fault where that has an error. */
export interface CoreStatus {
  readonly state: "connecting" | "connected" | "offline" | "needs-auth" | "failed" | "closed";
  readonly pending: number;
  readonly error?: Fault;
}

/** An anchor, as the wire has it. */
export interface Place {
  readonly path: string;
  readonly pos?: number | undefined;
}

/** What the core tells, by type. */
export interface CoreEvents {
  /** Ask the app for credentials, and whether because those before were refused. */
  auth: boolean;
  /** Open a socket with this subprotocol. */
  open: string;
  send: string;
  /** Keep this in the place of all before it. */
  keep: string;
  /** Keep this after what was kept before. */
  note: string;
  close: undefined;
  /** Wake the core after so many milliseconds, and not at the time that was asked for before. */
  wait: number | undefined;
  change: undefined;
  status: CoreStatus;
  patch: PatchEvent;
  settled: Settled;
  rejected: Refusal & { readonly seq: number };
  ready: undefined;
  /** What another shows, or, without a value, that it shows nothing any more; nothing when nobody else is here. */
  peer: { readonly id: string; readonly user?: Json; readonly value?: Json } | undefined;
  error: Fault;
}

export type Emit = <K extends keyof CoreEvents>(type: K, payload: CoreEvents[K]) => void;

/** A change that was made: its place in this client's order, its name, its operations. */
export interface Made {
  readonly seq: number;
  readonly id: string;
  /** Made when somebody asks, where that is possible. */
  readonly patches: readonly PatchOp[] | (() => readonly PatchOp[]);
}

export interface CoreOptions {
  readonly initial: unknown;
  readonly minDelayMs?: number | undefined;
  readonly maxDelayMs?: number | undefined;
  readonly heartbeatMs?: number | undefined;
  readonly maxQueue?: number | undefined;
  /** How many entries the history holds. */
  readonly history?: number | undefined;
  readonly development: boolean;
}

export class SyncedStore {
  constructor(options: CoreOptions, emit: Emit);
  free(): void;
  readonly clientId: string;
  readonly state: Json;
  readonly status: CoreStatus;
  readonly pending: number;
  /** A silent change is not to be undone. */
  update(
    recipe: (draft: never) => unknown,
    label: string | undefined,
    silent: boolean,
  ): Made | undefined;
  patch(ops: readonly PatchOp[], label: string | undefined, silent: boolean): Made | undefined;
  transact<R>(
    fn: () => R,
    label: string | undefined,
    silent: boolean,
  ): { readonly result: R } & Partial<Made>;
  stepBack(redo: boolean): Made | undefined;
  /** Of what would be undone, or redone: nothing when there is nothing to do, null for no label. */
  nextLabel(redo: boolean): string | null | undefined;
  /** The next edit begins an entry of the history, to which those after it belong. */
  beginGroup(label: string | undefined): void;
  clearHistory(): void;
  /** From here on tells what has to be kept. */
  keepJournal(): void;
  /** Wants to be told the whole state again. */
  saveSoon(): void;
  /** Becomes the replica that was kept, or one like it; returns the changes that wait. */
  restore(state: string, journal: readonly string[], mine: boolean): readonly Made[];
  /** Shows a value to the others, at once or with the next `showAgain`; gives the core's own copy. The value names the anchors by their index. */
  show(value: unknown, anchors: readonly (Place | null)[], atOnce: boolean): Json;
  showAgain(): void;
  /** Whose anchors, this replica's without an id, read otherwise in the state than they were told here before. */
  movedAnchors(): readonly (readonly [id: string | null, anchors: readonly (Place | null)[]])[];
  /** Says whether "patch" is wanted. */
  watch(patches: boolean): void;
  connect(): void;
  disconnect(): void;
  /** The app's credentials, if they are a text; and whether it is asked for them by "auth". */
  setAuth(token: string | undefined, asks: boolean): void;
  /** What the app gave, if anything, when "auth" asked. */
  answered(token: string | undefined): void;
  /** The network is there, or gone; or, with nothing, somebody looks at the page again. */
  noticed(online?: boolean): void;
  /** What the socket tells. */
  opened(): void;
  frame(event: Pick<MessageEvent, "data">): void;
  closed(event: Pick<CloseEvent, "code" | "reason">): void;
  /** The time has come that "wait" asked for. */
  wake(): void;
  dispose(): void;
}

/** What the wasm imports. */
export const imports: WebAssembly.Imports;

/** Lets the class work on this instance of the wasm. */
export function run(instance: WebAssembly.Instance): void;
