// @ts-check
// Mistakes: each is an error that says what happened, to what, and what to do.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { development, importFile, offline, production, thrownBy } from "./support/package.mjs";

/** @typedef {import("./support/package.mjs").Entry} Entry */

const board = () => ({
  title: "a",
  todos: [{ text: "milk", done: false }, { text: "tea" }],
});

const CANNOT =
  "JSON cannot hold this; use plain objects, arrays, text, finite numbers, true, false or null";

/**
 * A mistake, and the message it gets in production and in development.
 * @type {[what: string, act: (store: any) => unknown, message: string, sentence: string][]}
 */
const MISTAKES = [
  [
    "an async recipe",
    (store) => store.update(async () => {}),
    "async recipe; await first",
    "the recipe is async; await first, then update with a recipe that returns at once",
  ],
  [
    "an async transaction",
    (store) => store.transact(async () => {}),
    "async transaction; await first",
    "the function given to transact is async; await first, then write in one that returns at once",
  ],
  [
    "editing and returning",
    (store) => store.update((/** @type {any} */ draft) => draft.todos.push(1)),
    "mutate and return; do one of the two",
    "the recipe changed its draft and returned a value; do one of the two",
  ],
  [
    "no recipe",
    (store) => store.update({ title: "b" }),
    "no recipe; give a function",
    "update and transact take a function, which edits the draft or writes",
  ],
  [
    "a transaction of nothing",
    (store) => store.transact(),
    "no recipe; give a function",
    "update and transact take a function, which edits the draft or writes",
  ],
  [
    "a text that is none",
    (store) => store.text("/title").set(5),
    "not a patch; give an array of operations",
    "this is no JSON Patch, or something in it has the wrong type; give an array of operations, as RFC 6902 has them",
  ],
  [
    "a Date",
    (store) => store.update((/** @type {any} */ draft) => void (draft.todos[0].when = new Date())),
    "/todos/0/when: Date: not json; use plain data",
    `/todos/0/when: Date: ${CANNOT}`,
  ],
  [
    "NaN",
    (store) => store.update((/** @type {any} */ draft) => void (draft.n = NaN)),
    "/n: NaN: not json; use plain data",
    `/n: NaN: ${CANNOT}`,
  ],
  [
    "undefined in an array",
    (store) => store.update((/** @type {any} */ draft) => void draft.todos.push(undefined)),
    "/todos/2: undefined: not json; use plain data",
    `/todos/2: undefined: ${CANNOT}`,
  ],
  [
    "a path that is not there",
    (store) =>
      store.patch([
        { op: "add", path: "/title", value: "b" },
        { op: "replace", path: "/nothing", value: 1 },
      ]),
    "operation 1: /nothing: target missing; add it first",
    "operation 1: /nothing: there is nothing here; add it first",
  ],
  [
    "a path into nothing",
    (store) => store.patch([{ op: "add", path: "/a/b", value: 1 }]),
    "operation 0: /a/b: parent missing; add it first",
    "operation 0: /a/b: there is no object or array to hold this; add it first",
  ],
  [
    "a test that does not hold",
    (store) => store.patch([{ op: "test", path: "/title", value: "b" }]),
    "operation 0: /title: test failed; read it again",
    "operation 0: /title: the value is not what test expects; read it again and decide anew",
  ],
  [
    "a path that is no pointer",
    (store) => store.patch([{ op: "remove", path: "title" }]),
    "operation 0: title: bad pointer; write it as /todos/0",
    "operation 0: title: this is no JSON Pointer; write it as in /todos/0/done",
  ],
  [
    "removing the root",
    (store) => store.patch([{ op: "remove", path: "" }]),
    "operation 0: the root: root; must stay an object or array",
    "operation 0: the root: the document must stay an object or an array",
  ],
];

describe("mistakes", () => {
  for (const [what, act, message] of MISTAKES) {
    test(`B8, B15, B18, B27: ${what} says what happened and what to do`, () => {
      mistake(production, act, message);
    });
  }

  test("B15: the fields of an error are facts to decide by", () => {
    const { store } = offline(board());
    const patch = thrownBy(() => store.patch([{ op: "remove", path: "/nothing" }]));
    assert.deepEqual(patch.details, { op: 0, path: "/nothing", reason: "target-missing" });
  });

  test("B9: a draft used after its recipe", () => {
    const { store } = offline(board());
    /** @type {any} */
    let kept;
    store.update((draft) => void (kept = draft.todos));
    for (const use of [() => kept.push(1), () => kept.length, () => store.update(() => kept)]) {
      const error = thrownBy(use);
      assert.ok(error instanceof production.SyncedStoreError, String(error));
      assert.equal(error.code, "invalid-patch");
      assert.deepEqual(error.details, { reason: "dead-draft", path: "/todos" });
      assert.equal(error.message, "/todos: dead draft; read store.state");
    }
  });

  test("B8, B27: a recipe can catch what its draft throws, and go on", () => {
    const { store } = offline(board());
    /** @type {any} */
    let caught;
    store.update((/** @type {any} */ draft) => {
      caught = thrownBy(() => (draft.when = new Date()));
      draft.todos.pop();
    });
    assert.ok(caught instanceof production.SyncedStoreError, String(caught));
    assert.deepEqual(caught.details, { reason: "not-json", path: "/when", kind: "Date" });
    assert.equal("when" in store.state, false);
  });

  test("B34: an initial state that JSON cannot hold throws in the constructor", () => {
    const error = thrownBy(() => offline({ when: new Map() }));
    assert.equal(error.message, "/when: Map: not json; use plain data");
    const big = thrownBy(() => offline({ list: Array(30).fill("x".repeat(100_000)) }));
    assert.equal(big.code, "too-large");
  });

  test("an address that names no room", () => {
    for (const url of ["x", "http://host/rooms", "ws://host/rooms/a b", "ftp://host/rooms/a"]) {
      const make = () => new production.SyncedStore(url, { initial: {} });
      const error = thrownBy(make);
      assert.equal(error.code, "protocol");
      assert.equal(
        error.message,
        `"${url}" names no room; write ws://host/rooms/name, with a name of letters, digits and . _ ~ -`,
      );
    }
    for (const [url, room] of [
      ["ws://host/rooms/a", "a"],
      ["https://host/below/rooms/a/b.c?x=1", "a/b.c"],
      [new URL("wss://host/rooms/~_-"), "~_-"],
    ]) {
      const store = new production.SyncedStore(url, { initial: {}, autoConnect: false });
      assert.equal(store.room, room);
    }
  });

  test("C11: a full queue refuses, and says how much waits", () => {
    const { store } = offline({ n: 0 }, production, { connection: { maxQueue: 2 } });
    for (const n of [1, 2]) store.update((draft) => void (draft.n = n));
    const error = thrownBy(() => store.update((draft) => void (draft.n = 3)));
    assert.equal(error.code, "queue-full");
    assert.equal(error.message, "2 changes: queue full; connect, or await flush()");
    assert.equal(error.retryable, true);
    assert.equal(store.state.n, 2);
  });

  test("C10: a change above the message limit refuses, and says how large it is", () => {
    const { store } = offline(/** @type {any} */ ({}));
    const list = Array(30).fill("x".repeat(100_000));
    const error = thrownBy(() => store.update((draft) => void (draft.list = list)));
    assert.equal(error.code, "too-large");
    assert.match(error.message, /^\d{7} bytes: too large; split it$/);
    assert.deepEqual(store.state, {});
  });
});

/**
 * @param {Entry} entry
 * @param {(store: any) => unknown} act
 * @param {string} message
 */
function mistake(entry, act, message) {
  const { store, errors } = offline(board(), entry);
  const before = store.state;
  store.subscribe(() => assert.fail("nothing has changed"));
  const error = thrownBy(() => act(store));
  assert.ok(error instanceof entry.SyncedStoreError, String(error?.stack ?? error));
  assert.equal(error.message, message);
  assert.equal(error.name, "SyncedStoreError");
  assert.equal(error.code, "invalid-patch");
  assert.equal(error.retryable, false);
  assert.equal(error.docs, "draftsync/docs/errors.md#invalid-patch");
  assert.equal(store.state, before);
  assert.deepEqual(errors, [], "an error that is thrown is not told twice");
}

// Last, for whole sentences are for all stores of a program.
describe("mistakes in development", () => {
  for (const [what, act, , sentence] of MISTAKES) {
    test(`B8, B15, B18, B27: ${what} is told in a whole sentence`, () => {
      mistake(development, act, sentence);
    });
  }

  test("every code and reason has a sentence, and what to do in production", async () => {
    const { SENTENCES } = await importFile("sentences.js");
    const { SyncedStoreError, explain, fault } = await importFile("errors.js");
    for (const [word, sentence] of Object.entries(SENTENCES)) {
      explain({});
      const short = new SyncedStoreError(word).message;
      assert.match(short, word === "invalid-patch" ? /^invalid patch$/ : /^[a-z ]+; \S/, word);
      explain(SENTENCES);
      assert.equal(fault("internal", word).message, sentence);
    }
  });
});
