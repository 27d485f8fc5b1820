// Closed lists: a switch over one compiles only when it names every word, so a word that is added
// or taken away shows here, and in apps.

import type { ErrorCode, LostReason, PatchEvent, PatchOp, Status } from "draftsync";

function never(value: never): never {
  throw new Error(String(value));
}

export function state(status: Status): string {
  switch (status.state) {
    case "loading":
    case "connecting":
    case "connected":
    case "offline":
    case "needs-auth":
    case "failed":
    case "closed":
      return status.state;
    default:
      return never(status);
  }
}

export function incomplete(status: Status): string {
  switch (status.state) {
    case "loading":
    case "connecting":
    case "connected":
    case "offline":
    case "failed":
    case "closed":
      return status.state;
    default:
      // @ts-expect-error `needs-auth` is not named
      return never(status);
  }
}

export function origin(event: PatchEvent): string {
  switch (event.origin) {
    case "local":
    case "remote":
    case "load":
    case "rollback":
    case "undo":
    case "redo":
      return event.origin;
    default:
      return never(event.origin);
  }
}

export function operation(op: PatchOp): string {
  switch (op.op) {
    case "add":
    case "replace":
    case "test":
    case "remove":
    case "inc":
    case "str_ins":
    case "str_del":
      return op.path;
    case "move":
    case "copy":
      return op.from;
    default:
      return never(op);
  }
}

// A table by code or reason has a text for each, and none for another word.
export const WORDS: Record<ErrorCode, string> = {
  "wasm-load": "",
  disposed: "",
  "invalid-patch": "",
  rejected: "",
  "unknown-outcome": "",
  unauthorized: "",
  forbidden: "",
  protocol: "",
  "protocol-version": "",
  replaced: "",
  "rate-limited": "",
  "too-large": "",
  "queue-full": "",
  slow: "",
  storage: "",
  "storage-full": "",
  overloaded: "",
  unavailable: "",
  network: "",
  internal: "",
};
export const LOST: Record<LostReason, string> = {
  "target-gone": "",
  "parent-gone": "",
  "content-replaced": "",
  "not-number": "",
  cycle: "",
  overwrote: "",
  merged: "",
  "removed-foreign": "",
  superseded: "",
  // @ts-expect-error no such reason
  nothing: "",
};
