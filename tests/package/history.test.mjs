// @ts-check
// Undo and redo as an app has them; what they mean is part U of the rules.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connected as inRoom } from "./support/socket.mjs";

/** @typedef {{ n: number, m: number, list: string[] }} Board */
/** @typedef {import("../../pkg-template/index.js").HistoryOptions} Options */

/** A store in a room, each of whose edits is a step. @param {Options | false} [history] */
async function connected(history = { groupMs: 0 }) {
  const initial = /** @type {Board} */ ({ n: 0, m: 0, list: [] });
  const { store, socket } = await inRoom({ n: 0, m: 0, list: ["a"] }, { initial, history });
  return { store, socket, history: store.history };
}

/** How often something can be undone. @param {import("../../pkg-template/index.js").History} history */
function undos(history) {
  let times = 0;
  while (history.undo()) times++;
  return times;
}

test("B36: undo and redo are changes, and go back and forth", async () => {
  const { store, history } = await connected();
  /** @type {string[]} */
  const origins = [];
  store.on("patch", ({ origin }) => void origins.push(origin));
  store.update((board) => void (board.n = 1));
  store.update((board) => void board.list.unshift("b"));
  const undone = history.undo();
  assert.deepEqual(undone?.patches, [{ op: "remove", path: "/list/0" }]);
  assert.match(String(undone?.id), /^[0-9a-f]{16}$/);
  assert.deepEqual(store.state, { n: 1, m: 0, list: ["a"] });
  history.undo();
  assert.deepEqual(store.state, { n: 0, m: 0, list: ["a"] });
  assert.equal(history.undo(), null);
  history.redo();
  assert.ok(history.redo());
  assert.deepEqual(store.state, { n: 1, m: 0, list: ["b", "a"] });
  assert.equal(history.redo(), null);
  assert.deepEqual(origins, ["local", "local", "undo", "undo", "redo", "redo"]);
  assert.equal(store.status.value.pending, 6);
});

test("B36: what a newer write of another superseded is told with the change", async () => {
  const { store, socket, history } = await connected();
  store.update((board) => void ((board.n = 1), (board.m = 1)));
  const [{ seq, tag }] = socket.sent.at(-1).changes;
  socket.say({ type: "ack", results: [{ seq, tag, version: 2 }] });
  socket.change(3, [{ op: "replace", path: "/n", value: 5 }]);
  const change = history.undo();
  assert.deepEqual(store.state, { n: 5, m: 0, list: ["a"] });
  const sent = socket.sent.at(-1).changes[0];
  const results = [{ seq: sent.seq, tag: sent.tag, version: 4 }];
  socket.say({ type: "ack", results });
  const outcome = await change?.confirmed;
  assert.deepEqual(outcome?.lost, [
    { op: { op: "replace", path: "/n", value: 0 }, reason: "superseded" },
  ]);
});

test("B36: inside a transaction nothing is undone", async () => {
  const { store, history } = await connected();
  store.update((board) => void (board.n = 1));
  store.transact(() => {
    store.update((board) => void (board.m = 1));
    assert.equal(history.undo(), null);
  });
  assert.deepEqual(store.state, { n: 1, m: 1, list: ["a"] });
  assert.equal(undos(history), 2);
});

test("U1, P19: a move onto what holds it is taken back whole", async () => {
  const { store, history } = await connected();
  store.update((board) => Object.assign(board, { a: { b: { x: 0 }, c: 1 } }));
  const before = store.state;
  for (const first of ["/a/c", "/a/b/x"]) {
    store.patch([
      { op: "replace", path: first, value: 2 },
      { op: "move", from: "/a/b", path: "/a" },
    ]);
    history.undo();
    assert.deepEqual(store.state, before);
  }
});

test("B37: the value says what can be done, and whoever listens hears when it changes", async () => {
  const { store, socket, history } = await connected();
  /** @type {string[]} */
  const heard = [];
  const off = history.subscribe(({ canUndo, canRedo }) => {
    heard.push(`${canUndo} ${canRedo}`);
  });
  store.update((board) => void (board.n = 1));
  const { value } = history;
  store.update((board) => void (board.n = 2));
  assert.equal(history.value, value);
  assert.equal(history.get(), value);
  history.undo();
  history.undo();
  history.redo();
  socket.change(2, [{ op: "replace", path: "/m", value: 5 }]);
  store.update((board) => void (board.n = 3));
  history.clear();
  off();
  store.update((board) => void (board.n = 4));
  assert.deepEqual(heard, [
    "false false",
    "true false",
    "true true",
    "false true",
    "true true",
    "true false",
    "false false",
  ]);
});

test("B38: edits close together are one step, and a group and a transaction are one", async (context) => {
  const { store, history } = await connected({});
  let now = 1000;
  context.mock.method(performance, "now", () => now);
  /** @param {number} later */
  const edit = (later) => {
    now += later;
    store.update((board) => void board.n++);
  };
  edit(0);
  edit(399);
  edit(399);
  edit(400);
  history.undo();
  assert.equal(store.state.n, 3);
  history.undo();
  assert.equal(store.state.n, 0);
  const end = history.group();
  edit(5000);
  edit(5000);
  end();
  end();
  edit(1);
  assert.equal(undos(history), 2);
  store.transact(() => {
    edit(500);
    edit(500);
  });
  edit(500);
  assert.equal(undos(history), 2);
});

test("B39: a store has as many steps as it was told, or none", async () => {
  const steps = async (/** @type {Options | false} */ options) => {
    const { store, history } = await connected(options);
    for (let time = 0; time < 110; time++) store.update((board) => void board.n++);
    return undos(history);
  };
  assert.equal(await steps({ groupMs: 0 }), 100);
  assert.equal(await steps({ groupMs: 0, limit: 7 }), 7);
  assert.equal(await steps({ groupMs: 0, limit: 0 }), 0);
  assert.equal(await steps(false), 0);
});

test("B62, U13: the history says the label of what is next, and so does the event", async () => {
  const { store, history } = await connected();
  /** @type {(string | undefined)[]} */
  const heard = [];
  store.on("patch", ({ label }) => void heard.push(label));
  const labels = () => [history.value.undoLabel, history.value.redoLabel];
  store.update((board) => void (board.n = 1), { label: "count" });
  assert.deepEqual(labels(), ["count", undefined]);
  store.patch([{ op: "replace", path: "/m", value: 1 }]);
  assert.deepEqual(labels(), [undefined, undefined]);
  store.transact(() => store.update((board) => void (board.n = 2), { label: "not this" }), {
    label: "both",
  });
  assert.deepEqual(labels(), ["both", undefined]);
  history.undo();
  assert.deepEqual(labels(), [undefined, "both"]);
  history.redo();
  const end = history.group("drag");
  store.update((board) => void (board.n = 3), { label: "step" });
  store.update((board) => void (board.n = 4));
  end();
  assert.deepEqual(labels(), ["drag", undefined]);
  store.update((board) => void (board.n = 5));
  assert.deepEqual(labels(), [undefined, undefined]);
  history.undo();
  history.undo();
  assert.deepEqual(labels(), ["both", "drag"]);
  assert.deepEqual(heard, [
    "count",
    undefined,
    "both",
    "both",
    "both",
    "step",
    undefined,
    undefined,
    undefined,
    "drag",
  ]);
});

test("U12: what is not to be undone stays, and what can be redone stays too", async () => {
  const { store, history } = await connected();
  store.update((board) => void board.list.push("b"));
  store.update((board) => void board.list.unshift("mine"), { undoable: false });
  assert.equal(undos(history), 1);
  assert.deepEqual(store.state.list, ["mine", "a"]);
  store.update((board) => void (board.n = 7), { undoable: false });
  assert.equal(history.value.canUndo, false);
  history.redo();
  assert.deepEqual(store.state, { n: 7, m: 0, list: ["mine", "a", "b"] });
  store.update((board) => void (board.n = 8));
  store.transact(() => store.update((board) => void (board.n = 9)), { undoable: false });
  history.undo();
  assert.equal(store.state.n, 9, "a newer write that is not to be undone stands");
});

test("B38, U12: what is not to be undone keeps no step open", async (context) => {
  const { store, history } = await connected({});
  let now = 1000;
  context.mock.method(performance, "now", () => now);
  store.update((board) => void (board.n = 1));
  for (let time = 0; time < 4; time++) {
    now += 200;
    store.transact(() => store.update((board) => void board.list.push("x")), { undoable: false });
    store.update((board) => void board.list.pop(), { undoable: false });
  }
  store.update((board) => void (board.m = 1));
  assert.equal(undos(history), 2);
});

test("B37: whoever listens hears that nothing can be undone any more", async () => {
  const { store, history } = await connected();
  /** @type {boolean[]} */
  const heard = [];
  store.update((board) => void (board.n = 1));
  history.subscribe(({ canUndo }) => void heard.push(canUndo));
  store.dispose();
  assert.deepEqual(heard, [true, false]);
});
