// @ts-check
// Whole sentences for developers, by the reason that the core gives or else by code: what happened
// and what to do. Production says the same in fewer words (`errors.js`).

const GUARD = "the value is not what test expects; read it again and decide anew";

/** @type {Record<string, string>} */
export const SENTENCES = {
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
  "no-recipe": "update and transact take a function, which edits the draft or writes",
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
  "nested-update":
    "the recipe changed the store by another way than its draft; call update after the recipe",
  "not-a-patch":
    "this is no JSON Patch, or something in it has the wrong type; give an array of operations, as RFC 6902 has them",
  "history-lost": "the room lost its history; changes that wait are sent to it anew",
  "not-kept":
    "this browser keeps no copy of the room; the store goes on without, and changes that wait may end with the page",
  corrupt:
    "the copy in this browser is damaged; clearLocal() removes it, with what was not sent, and begins anew",
  recorder: "the recipe was misread, and nothing has changed; please report this",
  mispredicted:
    "the room read a change otherwise than this store, and that counts; please report this",
  "wasm-load":
    "the wasm could not be compiled; a content security policy must allow 'wasm-unsafe-eval' in script-src",
  disposed: "the store was disposed; make a new one",
  "invalid-patch": "the change does not fit the document",
  rejected: "the room refused the change, and it was taken back",
  "unknown-outcome":
    "nobody can say any more whether the room took the change; look at the state before you repeat it",
  unauthorized: "the room asks for valid credentials",
  forbidden: "this client may not enter the room, or not write in it",
  protocol:
    "client and room did not understand each other; check that the address is a draftsync server",
  "protocol-version":
    "client and room speak different versions of the protocol; update the older one",
  replaced: "another connection has taken over this client's id",
  "rate-limited": "too many messages were sent; the store comes again later",
  "too-large":
    "this does not fit one message, or what is shown has more than 1024 bytes; split it or leave some out",
  "too-many-anchors": "what is shown has more than 16 anchors; leave some out",
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
};
