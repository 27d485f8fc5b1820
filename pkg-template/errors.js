// @ts-check
// The core says what is wrong in codes and fields; here they become errors that say what happened,
// to what, and what to do.

/** @typedef {import("./index.js").ErrorCode} ErrorCode */
/** @typedef {import("./core.js").Fault} Fault */

/** Where each code is explained: a file of the package, which needs no network to be read. */
const DOCS = "draftsync/docs/errors.md#";

/** Codes after which the same thing may work later without anybody changing anything. */
const RETRYABLE =
  /^(network|rate-limited|queue-full|slow|storage|storage-full|overloaded|unavailable)$/;

/**
 * What to do, by the reason that the core gives or else by code; the word itself says what happened.
 * Every app ships these words, so they are few; `sentences.js` has whole sentences.
 * @type {Record<string, string>}
 */
const ADVICE = {
  "not-json": "use plain data",
  cycle: "leave it out",
  sparse: "fill holes with null",
  accessor: "give its value",
  "lone-surrogate": "cut between characters",
  "proto-key": "use another",
  "too-deep": "make it flatter",
  "key-too-long": "shorten it",
  "string-too-long": "split it",
  "async-recipe": "await first",
  "async-transaction": "await first",
  "mutate-and-return": "do one of the two",
  "nested-update": "do it after the recipe",
  "dead-draft": "read store.state",
  root: "must stay an object or array",
  "no-recipe": "give a function",
  "rolled-back": "nothing has changed",
  "not-a-patch": "give an array of operations",
  "bad-pointer": "write it as /todos/0",
  "bad-index": "use 0, 1, 2 or - for the end",
  "parent-missing": "add it first",
  "target-missing": "add it first",
  "out-of-range": "use - for the end",
  "not-number": "replace the value first",
  "not-text": "replace the value first",
  "bad-offset": "use one between characters",
  "into-itself": "move it elsewhere",
  "test-failed": "read it again",
  "guard-failed": "read it again",
  "too-many-ops": "split it",
  "too-large": "split it",
  "too-many-anchors": "show at most 16",
  "not-kept": "changes that wait may end with the page",
  corrupt: "clearLocal() begins anew",
  "history-lost": "changes that wait are sent anew",
  recorder: "nothing has changed; please report it",
  mispredicted: "please report it",
  "wasm-load": "not compiled; a content security policy must allow 'wasm-unsafe-eval'",
  disposed: "make a new store",
  rejected: "taken back",
  "unknown-outcome": "read the state before you repeat it",
  unauthorized: "needs valid credentials",
  forbidden: "this client may not enter the room, or not write in it",
  protocol: "client and room do not understand each other; check the address",
  "protocol-version": "update the older one",
  replaced: "another connection has this client's id",
  "rate-limited": "the store comes again",
  "queue-full": "connect, or await flush()",
  slow: "the store comes again",
  storage: "failed in the room",
  "storage-full": "the room's operator must make space",
  overloaded: "the store comes again",
  unavailable: "await store.ready; in draftsync/slim call init",
  network: "the store tries again",
  internal: "the store stopped, state stays readable; make a new one",
};

/** Whole sentences, where this is the development build. @type {Record<string, string>} */
let sentences = {};

/** @param {Record<string, string>} table */
export function explain(table) {
  sentences = table;
}

/** @param {string} word */
function sentence(word) {
  const advice = ADVICE[word];
  return sentences[word] ?? word.replaceAll("-", " ") + (advice ? "; " + advice : "");
}

export class SyncedStoreError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} [message]
   * @param {{ cause?: unknown, details?: import("./index.js").Json }} [more]
   */
  constructor(code, message = sentence(code), { cause, details } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SyncedStoreError";
    this.code = code;
    this.retryable = RETRYABLE.test(code);
    this.docs = DOCS + code;
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
    const what = sentence("rejected") + ": " + place({ op, path }) + sentence(rule);
    super(code, what, { details: { op, rule } });
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
  return new SyncedStoreError(code, place(details) + sentence(details.reason ?? code), { details });
}

/**
 * @param {ErrorCode} code
 * @param {string} reason
 * @param {{ path?: string }} [where]
 */
export function fault(code, reason, where) {
  return errorOf({ draftsync: 1, code, reason, ...where });
}

/**
 * To what it happened.
 * @param {Partial<Fault>} fault
 */
function place({ op, path, kind, waiting, bytes }) {
  const parts = [
    op !== undefined && `operation ${op}`,
    path === "" ? "the root" : path,
    kind,
    waiting && `${waiting} changes`,
    bytes && `${bytes} bytes`,
  ];
  return parts.map((part) => (part ? part + ": " : "")).join("");
}
