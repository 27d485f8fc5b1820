// @ts-check
// The sentences. The core says what is wrong in codes and fields; here they become errors that say
// what happened, to what, and what to do.

/** @typedef {import("./index.js").ErrorCode} ErrorCode */
/** @typedef {import("./core.js").Fault} Fault */

/** Codes after which the same thing may work later without anybody changing anything. */
const RETRYABLE =
  /^(network|rate-limited|queue-full|slow|storage|storage-full|overloaded|unavailable)$/;

const GUARD = "the value is not what test expects; read it again and decide anew";

/** What is wrong with a value, a recipe or an operation, by the reason that the core gives. */
const REASONS = /** @type {Record<string, string>} */ ({
  "not-json":
    "JSON cannot hold this; use plain objects, arrays, text, finite numbers, true, false or null",
  cycle: "the value contains itself; JSON cannot hold a cycle",
  sparse: "the array has holes; fill them with null",
  accessor: "a getter or setter is not data; give its value",
  "lone-surrogate": "the text ends inside a character; cut it between characters",
  "proto-key": 'the key "__proto__" is refused; use another',
  "too-deep": "the document would be more than 64 levels deep; make it flatter",
  "key-too-long": "a key is longer than 1024 characters; shorten it",
  "string-too-long": "a text is longer than 524288 characters; split it",
  "async-recipe":
    "the recipe is async; await first, then update with a recipe that returns at once",
  "mutate-and-return": "the recipe changed its draft and returned a value; do one of the two",
  "async-transaction":
    "the function given to transact is async; await first, then write in one that returns at once",
  "dead-draft": "a draft was used after its recipe had ended; read store.state instead",
  root: "the document must stay an object or an array",
  "no-recipe": "update takes a function that edits its draft",
  "rolled-back": "the function given to transact threw, so nothing of it has happened",
  "bad-pointer": "this is no JSON Pointer; write it as in /todos/0/done",
  "bad-index": "this is no index of an array; use 0, 1, 2 and so on, or - to append",
  "parent-missing": "there is no object or array to hold this; add it first",
  "target-missing": "there is nothing here; add it first",
  "out-of-range": "the index is behind the end of the array; use one within it, or - to append",
  "not-number": "inc needs a number here, and a finite sum; replace the value first",
  "not-text": "str_ins and str_del need a text here; replace the value first",
  "bad-offset":
    "the position is outside the text or inside a character; use one between characters",
  "into-itself": "a value cannot be moved into itself; move it elsewhere",
  "test-failed": GUARD,
  "guard-failed": GUARD,
  "too-many-ops": "one change holds more operations than the room takes; split it",
  "too-large": "this is larger than the room takes; split it",
});

/** What happened, by code, where no reason says it better. */
const CODES = /** @type {Record<string, string>} */ ({
  "wasm-load":
    "the wasm could not be compiled; a content security policy must allow 'wasm-unsafe-eval' in script-src",
  disposed: "the store was disposed; make a new one",
  "invalid-patch": "the change does not fit the document",
  rejected: "the room refused the change, and it was taken back",
  "unknown-outcome":
    "nobody can say any more whether the room took the change; look at the state before you repeat it",
  unauthorized: "the room asks for valid credentials",
  forbidden: "this client may not enter the room",
  protocol:
    "client and room did not understand each other; check that the address is a draftsync server",
  "protocol-version":
    "client and room speak different versions of the protocol; update the older one",
  replaced: "another connection has taken over this client's id",
  "rate-limited": "too many messages were sent; the store comes again later",
  "too-large": "the change does not fit one message; split it",
  "queue-full": "too many changes wait to be sent; connect, or await flush() before writing more",
  slow: "the connection was too slow and was closed; the store comes again",
  storage: "the room's storage failed or lost the room",
  "storage-full":
    "the room's storage is full; nothing more is taken until its operator makes space",
  overloaded: "the server has no place at the moment; the store comes again",
  unavailable:
    "the store is not loaded yet; wait for store.ready, and in draftsync/slim call init first",
  network: "the server cannot be reached; the store tries again",
  internal:
    "the store failed inside and has stopped; state stays readable, make a new store to go on",
});

export class SyncedStoreError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} [message]
   * @param {{ cause?: unknown, details?: import("./index.js").Json }} [more]
   */
  constructor(code, message = CODES[code], { cause, details } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SyncedStoreError";
    this.code = code;
    this.retryable = RETRYABLE.test(code);
    this.docs = "draftsync/README.md#" + code;
    this.details = details;
  }
}

export class DisposedError extends SyncedStoreError {
  constructor() {
    super("disposed");
    this.name = "DisposedError";
  }
}

export class RejectedError extends SyncedStoreError {
  /**
   * @param {import("./core.js").Refusal} refusal
   * @param {import("./index.js").Change} change
   * @param {import("./index.js").Json} state
   */
  constructor({ code, op, rule }, change, state) {
    const path = change.patches[op]?.path;
    super(code, `${CODES.rejected}: ${place({ op, path })}${REASONS[rule] ?? rule}`, {
      details: { op, rule },
    });
    this.name = "RejectedError";
    this.change = change;
    this.state = state;
  }
}

/**
 * The error that a fault of the core stands for.
 * @param {Fault} fault
 */
export function errorOf({ draftsync, code, ...details }) {
  if (code === "disposed") return new DisposedError();
  const { reason = "", kind, waiting, bytes } = details;
  let what = REASONS[reason] ?? (reason || CODES[code] || CODES.internal);
  if (kind) what = what.replace("this", kind);
  if (waiting !== undefined) what = what.replace("too many", String(waiting));
  if (bytes !== undefined) what += `: it takes ${bytes} bytes`;
  return new SyncedStoreError(code, place(details) + what, { details });
}

/**
 * @param {ErrorCode} code
 * @param {string} reason
 */
export function fault(code, reason) {
  return errorOf({ draftsync: 1, code, reason });
}

/** @param {{ op?: number | undefined, path?: string | undefined }} fault */
function place({ op, path }) {
  const where = path === "" ? "the document" : path;
  if (op === undefined) return where === undefined ? "" : `${where}: `;
  return `operation ${op}${where === undefined ? "" : ` at ${where}`}: `;
}
