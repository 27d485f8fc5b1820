// @ts-check
// What is derived from the state, and texts and numbers whose edits merge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connected } from "./support/socket.mjs";

/** @typedef {{ title?: string, votes?: number, items: { text: string, n: number }[] }} Page */

/** @param {Page} [content] */
const inRoom = (content = { title: "ab", votes: 1, items: [] }) =>
  connected(content, { initial: /** @type {Page} */ ({ items: [] }) });

/** The operations sent last. @param {{ sent: any[] }} socket */
const sent = (socket) => socket.sent.at(-1).changes.at(-1).patch;

test("B58: what a selector makes is made once for each state, and told when it is another", async () => {
  const { store, socket } = await inRoom();
  let made = 0;
  const count = store.select((state) => (made++, state.items.length));
  /** @type {number[]} */
  const heard = [];
  const off = count.subscribe((value) => heard.push(value));
  assert.equal(count.value, 0);
  assert.equal(count.get(), 0);
  assert.equal(made, 1);
  store.update((page) => void (page.title = "c"));
  socket.change(2, [{ op: "add", path: "/items/-", value: { text: "x", n: 1 } }]);
  assert.equal(made, 3);
  const { get } = count;
  assert.equal(get(), 1);
  off();
  store.update((page) => void (page.items = []));
  assert.deepEqual(heard, [0, 1]);
});

test("B58: with an equality of the app's own a value stays the object that it was", async () => {
  const { store } = await inRoom();
  const texts = store.select(
    (state) => state.items.map(({ text }) => text),
    (a, b) => a.join() === b.join(),
  );
  let told = 0;
  texts.subscribe(() => void told++);
  store.update((page) => void page.items.push({ text: "x", n: 1 }));
  const before = texts.value;
  store.update((page) => void page.items[0].n++);
  assert.equal(texts.value, before);
  assert.equal(told, 2);
  const broken = store.select(() => NaN);
  broken.subscribe(() => void told++);
  store.update((page) => void page.items[0].n++);
  assert.equal(told, 3);
});

test("B58: what is written while a value is told is told too", async () => {
  const { store } = await inRoom({ votes: 0, items: [] });
  /** @type {unknown[]} */
  const heard = [];
  const votes = store.select((state) => state.votes ?? 0);
  votes.subscribe((value) => {
    heard.push(value);
    if (value < 3) store.counter("/votes").add(1);
  });
  assert.deepEqual(heard, [0, 1, 2, 3]);
  assert.throws(() => store.text(/** @type {any} */ (5)), { code: "invalid-patch" });
});

test("B59: what is added to a number is an increment, and one that is not there begins at 0", async () => {
  const { store, socket } = await inRoom();
  const votes = store.counter("/votes");
  votes.add(2);
  assert.equal(votes.value, 3);
  assert.deepEqual(sent(socket), [{ op: "inc", path: "/votes", inc: 2 }]);
  const stars = store.counter(["items", 0, "a/b~"]);
  assert.equal(stars.value, 0);
  assert.throws(() => stars.add(1), { code: "invalid-patch" });
  store.update((page) => void page.items.push({ text: "", n: 0 }));
  const { patches } = stars.add(-1);
  assert.deepEqual(patches, [
    { op: "add", path: "/items/0/a~1b~0", value: 0 },
    { op: "inc", path: "/items/0/a~1b~0", inc: -1 },
  ]);
  assert.equal(stars.value, -1);
  const title = store.counter("/title");
  assert.equal(title.value, 0);
  assert.throws(() => title.add(1), { code: "invalid-patch" });
  assert.throws(() => votes.add(NaN), { code: "invalid-patch" });
  assert.equal(votes.value, 3);
  assert.throws(() => store.counter("votes"), { code: "invalid-patch" });
});

test("B60: edits of a text are splices, and a text that is not there is made", async () => {
  const { store, socket } = await inRoom();
  const title = store.text("/title");
  /** @type {string[]} */
  const heard = [];
  title.subscribe((value) => heard.push(value));
  title.insert(1, "x");
  assert.deepEqual(sent(socket), [{ op: "str_ins", path: "/title", pos: 1, str: "x" }]);
  title.delete(0, 2);
  socket.change(2, [{ op: "str_ins", path: "/title", pos: 0, str: "-" }]);
  assert.equal(title.value, "-b");
  assert.deepEqual(heard, ["ab", "axb", "b", "-b"]);
  assert.throws(() => title.insert(9, "x"), { code: "invalid-patch" });
  const note = store.text("/note");
  assert.equal(note.value, "");
  assert.deepEqual(note.insert(0, "hi").patches, [
    { op: "add", path: "/note", value: "" },
    { op: "str_ins", path: "/note", pos: 0, str: "hi" },
  ]);
  assert.throws(() => store.text("/votes").insert(0, "x"), { code: "invalid-patch" });
});

/** What `set` writes: at a position, how many units go, and what comes. @type {[from: string, to: string, cursor: number | undefined, pos: number, len: number, str: string][]} */
const SETS = [
  ["abc", "abXc", undefined, 2, 0, "X"],
  ["abc", "ac", undefined, 1, 1, ""],
  ["abc", "aXYc", undefined, 1, 1, "XY"],
  ["aaa", "aaaa", undefined, 3, 0, "a"],
  ["aaa", "aaaa", 1, 0, 0, "a"],
  ["aaa", "aaaa", 3, 2, 0, "a"],
  ["aaa", "aa", 1, 1, 1, ""],
  ["", "abc", 3, 0, 0, "abc"],
  ["abc", "", 0, 0, 3, ""],
  // Two characters of two units each, whose first, or last, unit is the same.
  ["\u{1f600}", "\u{1f601}", undefined, 0, 2, "\u{1f601}"],
  ["\u{1f600}", "\u{1fa00}", undefined, 0, 2, "\u{1fa00}"],
  ["\u{1f600}", "\u{1f600}\u{1f600}", 2, 0, 0, "\u{1f600}"],
];
for (const [from, to, cursor, pos, len, str] of SETS)
  test(`B60: from "${from}" to "${to}", the caret at ${cursor}, is one splice`, async () => {
    const { store } = await inRoom({ title: from, items: [] });
    const { patches } = store.text("/title").set(to, cursor);
    const expected = [
      ...(len ? [{ op: "str_del", path: "/title", pos, len }] : []),
      ...(str ? [{ op: "str_ins", path: "/title", pos, str }] : []),
    ];
    assert.deepEqual(patches, expected);
    assert.equal(store.state.title, to);
  });

test("B60: to set what a text is already writes nothing", async () => {
  const { store } = await inRoom();
  assert.equal(store.text("/title").set("ab").id, "");
  assert.equal(store.status.value.pending, 0);
});

test("B61: a change is refused, here or in the room, unless what it wants to hold holds", async () => {
  const { store, socket } = await inRoom();
  const test = [{ path: ["votes"], equals: 1 }];
  const change = store.update((page) => void (page.title = "c"), { test });
  const patch = [
    { op: "test", path: "/votes", value: 1 },
    { op: "replace", path: "/title", value: "c" },
  ];
  assert.deepEqual(change.patches, patch);
  assert.deepEqual(sent(socket), patch);
  const stale = [{ path: "/votes", equals: 7 }];
  for (const write of [
    () => store.update((page) => void (page.title = "d"), { test: stale }),
    () => store.patch([{ op: "remove", path: "/title" }], { test: stale }),
    () => store.transact(() => store.update((page) => void (page.title = "e")), { test: stale }),
  ])
    assert.throws(write, {
      code: "invalid-patch",
      details: { op: 0, path: "/votes", reason: "test-failed" },
    });
  assert.equal(store.state.title, "c");
  const done = store.transact(() => store.patch([{ op: "remove", path: "/votes" }]), { test });
  assert.equal(done.patches.length, 2);
  const [{ seq, tag }] = socket.sent.at(-1).changes;
  const rejected = { code: "rejected", op: 0, rule: "guard-failed" };
  socket.say({ type: "ack", results: [{ seq, tag, version: 1, rejected }] });
  await assert.rejects(change.confirmed, { code: "rejected" });
  assert.equal(store.state.title, "ab");
});
