// @ts-check
// Bursts are cut once (SPEC B5): how often a whole store copies a long list, from the frame or the
// recipe to the snapshot.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connected as inRoom } from "./support/socket.mjs";

const LENGTH = 10000;

/** @typedef {{ id: number, done: boolean }} Item */
/** @typedef {{ list: Item[], other: { n: number } }} Board */
/** @typedef {import("../../pkg-template/index.js").PatchOp} Op */

/** A store in a room that has a long list, and the socket through which the room speaks. */
async function connected() {
  const list = Array.from({ length: LENGTH }, (_, id) => ({ id, done: false }));
  const initial = /** @type {Board} */ ({ list: [], other: { n: 0 } });
  const { store, socket } = await inRoom({ list, other: { n: 0 } }, { initial });
  assert.equal(store.state.list.length, LENGTH);
  return { store, socket };
}

/**
 * How often a run copies a list of more than half the length, in any of the ways there are: by a
 * method that answers with an array, or by iteration, which is what a spread does.
 * @param {() => void} run
 */
function copiesOf(run) {
  let count = 0;
  const array = /** @type {any} */ (Array.prototype);
  const taken = ["slice", "concat", "map", "filter", "toSpliced", "with", Symbol.iterator];
  const methods = taken.map((name) => [name, array[name]]);
  const long = (/** @type {any} */ value) => value?.length > LENGTH / 2;
  for (const [name, method] of methods) {
    array[name] = function (/** @type {any[]} */ ...args) {
      if (long(this)) count++;
      return method.apply(this, args);
    };
  }
  const { from } = Array;
  Array.from = (/** @type {any[]} */ ...args) => {
    if (long(args[0])) count++;
    return /** @type {any} */ (from).apply(Array, args);
  };
  try {
    run();
  } finally {
    for (const [name, method] of methods) array[name] = method;
    Array.from = from;
  }
  return count;
}

test("the count sees every way of copying", async () => {
  const list = Array.from({ length: LENGTH }, () => 0);
  /** @type {((list: number[]) => number[])[]} */
  const ways = [
    (list) => list.slice(),
    (list) => list.concat([1]),
    (list) => [...list],
    (list) => Array.from(list),
    (list) => list.map((n) => n),
    (list) => list.filter(() => true),
  ];
  for (const copy of ways) assert.ok(copiesOf(() => copy(list)) > 0, String(copy));
  assert.equal(
    copiesOf(() => list.slice(0, 5) && list.push(1)),
    1,
  );
});

test("B5: a recipe with 1 000 pushes or edits copies a list of 10 000 once", async () => {
  const { store } = await connected();
  const before = store.state;
  const pushes = copiesOf(() => {
    store.update((draft) => {
      for (let i = 0; i < 1000; i++) draft.list.push({ id: -i, done: false });
    });
    assert.equal(store.state.list.length, LENGTH + 1000);
  });
  const edits = copiesOf(() => {
    store.update((draft) => {
      for (let i = 0; i < 1000; i++) draft.list[i * 9].done = true;
    });
    assert.equal(store.state.list[9].done, true);
  });
  assert.deepEqual([pushes, edits], [1, 1]);
  assert.equal(before.list.length, LENGTH);
  assert.equal(before.list[9].done, false);
});

/** One operation of the room on the long list: edits, inserts, removes, moves. @param {number} i */
function op(i) {
  /** @type {Op[]} */
  const kinds = [
    { op: "replace", path: `/list/${(i * 7) % LENGTH}/done`, value: true },
    { op: "add", path: "/list/5", value: { id: -i, done: false } },
    { op: "remove", path: "/list/5" },
    // The one that was just edited.
    { op: "move", from: `/list/${((i - 3) * 7) % LENGTH}`, path: "/list/9" },
  ];
  return kinds[i % 4];
}

test("B5: a frame with 1 000 operations copies a list of 10 000 once", async () => {
  const { store, socket } = await connected();
  const before = store.state;
  const patch = Array.from({ length: 1000 }, (_, i) => op(i));
  const copies = copiesOf(() => {
    socket.change(2, patch);
    assert.notEqual(store.state, before);
  });
  assert.equal(copies, 1);
  assert.equal(before.list[0].done, false);
});

test("B5, B20: 1 000 frames before anybody reads copy a list of 10 000 once, and are told each", async () => {
  const { store, socket } = await connected();
  const before = store.state;
  let told = 0;
  store.subscribe(() => told++);
  const copies = copiesOf(() => {
    for (let i = 0; i < 1000; i++) socket.change(2 + i, [op(i)]);
    assert.notEqual(store.state, before);
  });
  assert.equal(copies, 1);
  assert.equal(told, 1000);
  assert.equal(before.list[0].done, false);
});

test("B5: with a change pending elsewhere, base and view copy a list of 10 000 once each", async () => {
  const { store, socket } = await connected();
  store.update((draft) => void (draft.other.n = 1));
  const before = store.state;
  const copies = copiesOf(() => {
    for (let i = 0; i < 1000; i++) socket.change(2 + i, [op(i)]);
    assert.equal(store.state.other.n, 1);
  });
  assert.ok(copies <= 2, `${copies} copies`);
  assert.equal(before.list[0].done, false);
});

test("B1, B5: whoever reads between the frames has a snapshot that stays", async () => {
  const { store, socket } = await connected();
  const seen = [store.state];
  const copies = copiesOf(() => {
    for (let i = 0; i < 10; i++) {
      socket.change(2 + i, [{ op: "replace", path: "/list/0/id", value: 100 + i }]);
      seen.push(store.state);
    }
  });
  assert.equal(copies, 10);
  assert.deepEqual(
    seen.map(({ list }) => list[0].id),
    [0, ...Array.from({ length: 10 }, (_, i) => 100 + i)],
  );
});
