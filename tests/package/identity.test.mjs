// @ts-check
// What has not changed stays the same object (SPEC B2), also where the view is made anew: pending
// edits over changes of others, answers of the room, and refusals.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connected as inRoom } from "./support/socket.mjs";

/** @typedef {{ id: number, n: number, tags: string[] }} Item */
/** @typedef {{ list: Item[], other: { n: number } }} Board */

const FRONT = [{ op: "add", path: "/list/0", value: { id: 0, n: 0, tags: [] } }];

/** A store in a room with three items, and the socket through which the room speaks. */
function connected() {
  const list = [1, 2, 3].map((id) => ({ id, n: 0, tags: /** @type {string[]} */ ([]) }));
  return inRoom({ list, other: { n: 0 } }, { initial: { list: [], other: { n: 0 } } });
}

/** @param {import("../../pkg-template/index.js").Immutable<Board>} board @param {number} id */
function item(board, id) {
  return board.list.find((item) => item.id === id);
}

/**
 * Says that the room took the changes of the last push, in order.
 * @param {import("./support/socket.mjs").FakeSocket} socket
 * @param {number} version
 * @param {object[]} [patch] what they read as, where that is not what was pushed
 */
function acknowledge(socket, version, patch) {
  const { changes } = socket.sent.at(-1);
  const results = changes.map((/** @type {any} */ { seq, tag }, /** @type {number} */ index) => ({
    seq,
    tag,
    version: version + index,
    ...(patch && { patch }),
  }));
  socket.say({ type: "ack", results });
}

describe("B2: what has not changed stays the same object", () => {
  test("pending edits over a change of somebody else in the same list", async () => {
    const { store, socket } = await connected();
    store.update((board) => {
      board.list[1].n = 5;
      board.list[2].tags.push("new");
    });
    const before = store.state;
    socket.change(2, FRONT);
    const after = store.state;
    assert.deepEqual(
      after.list.map(({ id }) => id),
      [0, 1, 2, 3],
    );
    for (const id of [1, 2, 3]) assert.equal(item(after, id), item(before, id));
    assert.equal(after.other, before.other);
    assert.equal(before.list.length, 3);
  });

  test("where both changed one item, the rest of it", async () => {
    const { store, socket } = await connected();
    store.update((board) => void board.list[1].tags.push("new"));
    const before = store.state;
    socket.change(2, [{ op: "replace", path: "/list/1/n", value: 7 }]);
    const after = store.state;
    assert.deepEqual(after.list[1], { id: 2, n: 7, tags: ["new"] });
    assert.equal(after.list[1].tags, before.list[1].tags);
    assert.equal(after.list[0], before.list[0]);
    assert.equal(after.list[2], before.list[2]);
  });

  test("of items that are alike, each its own object", async () => {
    const { store, socket } = await connected();
    store.update((board) => {
      board.list = [{ id: 7, n: 0, tags: [] }];
      board.list.push({ id: 7, n: 0, tags: [] }, { id: 7, n: 0, tags: [] });
    });
    acknowledge(socket, 2);
    store.update((board) => {
      for (const item of board.list) item.n = 5;
    });
    const before = store.state;
    socket.change(3, FRONT);
    const after = store.state;
    assert.deepEqual(
      after.list.map(({ n }) => n),
      [0, 5, 5, 5],
    );
    for (const at of [0, 1, 2]) assert.equal(after.list[at + 1], before.list[at]);
    assert.equal(new Set(after.list).size, 4);
  });

  test("several edits around an item that somebody removes", async () => {
    const { store, socket } = await connected();
    store.update((board) => {
      board.list[0].n = 5;
      board.list[2].n = 5;
    });
    const before = store.state;
    socket.change(2, [{ op: "remove", path: "/list/1" }]);
    assert.deepEqual(store.state.list, [before.list[0], before.list[2]]);
    for (const id of [1, 3]) assert.equal(item(store.state, id), item(before, id));
  });

  for (const all of [true, false]) {
    test(`an answer to ${all ? "all" : "some"} of the edits, and a change after it`, async () => {
      const { store, socket } = await connected();
      store.update((board) => void (board.list[0].n = 1));
      if (!all) store.update((board) => void (board.list[2].n = 1));
      const before = store.state;
      let told = 0;
      store.subscribe(() => void told++);
      acknowledge(socket, 2);
      assert.equal(store.state, before);
      assert.equal(told, 0);
      socket.change(3, FRONT);
      for (const id of [1, 2, 3]) assert.equal(item(store.state, id), item(before, id));
    });
  }

  test("an answer after the change that it was rebased over", async () => {
    const { store, socket } = await connected();
    store.update((board) => void (board.list[0].n = 1));
    const before = store.state;
    // Nobody reads in between.
    socket.change(2, FRONT);
    acknowledge(socket, 3, [{ op: "replace", path: "/list/1/n", value: 1 }]);
    const after = store.state;
    assert.equal(store.status.value.pending, 0);
    for (const id of [1, 2, 3]) assert.equal(item(after, id), item(before, id));
  });

  test("a refusal takes back its own edit only", async () => {
    const { store, socket } = await connected();
    const refused = store.patch([{ op: "replace", path: "/list/0/n", value: 9 }]);
    refused.confirmed.catch(() => {});
    store.update((board) => void board.list[2].tags.push("stays"));
    const before = store.state;
    const [{ seq, tag }] = socket.sent.at(-1).changes;
    const rejected = { code: "rejected", op: 0, rule: "no" };
    socket.say({ type: "ack", results: [{ seq, tag, version: 1, rejected }] });
    const after = store.state;
    assert.deepEqual(after.list[0], { id: 1, n: 0, tags: [] });
    assert.equal(after.list[1], before.list[1]);
    assert.equal(after.list[2], before.list[2]);
    assert.equal(after.other, before.other);
  });

  test("a change that the edits undo is none", async () => {
    const { store, socket } = await connected();
    store.update((board) => void (board.list[1].n = 5));
    const before = store.state;
    let told = 0;
    store.subscribe(() => void told++);
    // The edit of this store comes after it, and stands.
    socket.change(2, [{ op: "replace", path: "/list/1/n", value: 7 }]);
    assert.equal(store.state, before);
    assert.equal(told, 0);
  });
});
