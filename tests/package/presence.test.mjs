// @ts-check
// Who is here, as an app has it: values, anchors and identities of `store.presence`.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { until } from "../e2e/support/until.mjs";
import { development, offline, production, thrownBy } from "./support/package.mjs";
import { member, serverWith } from "./support/rooms.mjs";
import { connected } from "./support/socket.mjs";

/** @import { Anchor, Json, Peer, SyncedStoreOptions } from "../../pkg-template/index.js" */

/** @typedef {{ name: string, at?: Anchor | null }} Cursor */
/** @typedef {{ text: string, items: { id: number }[] }} Board */

const BOARD = { text: "hello", items: [{ id: 1 }, { id: 2 }] };
const BOB = "0000000000000000000000000000000b";
const CID = "0000000000000000000000000000000c";

/** What each peer shows, in order. @param {{ value: readonly Peer<any>[] }} presence */
const shown = (presence) => presence.value.map((peer) => peer.presence);

/** A store in a room of a test server. @param {ReturnType<typeof serverWith>} server @param {Partial<SyncedStoreOptions<Board, any>>} [options] */
const join = (server, options) =>
  /** @type {import("../../pkg-template/index.js").SyncedStore<Board, any>} */ (
    member(server, { initial: BOARD, ...options })
  );

/** A store in a fake room, whose other side the test speaks. @param {Partial<SyncedStoreOptions<Board, any>>} [options] */
async function alone(options) {
  const { socket, ...room } = await connected(BOARD, { initial: BOARD, ...options });
  const store = /** @type {import("../../pkg-template/index.js").SyncedStore<Board, any>} */ (
    room.store
  );
  const say = (/** @type {string} */ client_id, /** @type {object} */ rest) =>
    socket.say({ type: "presence", client_id, version: 1, ...rest });
  const sent = () => socket.sent.filter(({ type }) => type === "presence");
  return { store, socket, say, sent, presence: store.presence };
}

test("B20, B53: who listens hears what is shown in order, also of what a listener shows", () => {
  const { store } = offline({});
  const { presence } = store;
  /** @type {unknown[]} */
  const heard = [];
  store.on("presence", () => {
    if (presence.self.presence.n === 1) presence.update({ n: 2 });
  });
  store.on("presence", ([self]) => void heard.push(self?.presence.n));
  presence.update({ n: 1 });
  assert.deepEqual(heard, [1, 2]);
  store.dispose();
});

test("B53: who shows something is seen by all, and by itself", async () => {
  const server = serverWith();
  const ada = join(server, { presence: { name: "Ada" } });
  assert.deepEqual(ada.presence.self.presence, { name: "Ada" }, "before there is a connection");
  const bob = join(server, { presence: { name: "Bob" } });
  const guest = join(server);
  await until(
    "all see each other",
    () => guest.presence.value.length === 2 && bob.presence.value.length === 2,
  );
  assert.deepEqual(shown(guest.presence), [{ name: "Ada" }, { name: "Bob" }]);
  assert.deepEqual(guest.presence.value, guest.presence.others);
  const { self, others, value } = bob.presence;
  assert.deepEqual(value, [self, ...others]);
  assert.deepEqual([self.id, self.self, self.user], [bob.clientId, true, null]);
  const [seen] = others;
  assert.deepEqual([seen.id, seen.self, seen.presence], [ada.clientId, false, { name: "Ada" }]);
  assert.ok(Math.abs(Date.now() - seen.lastSeen) < 60_000);
  await until("Ada has heard", () => ada.presence.others.length === 1);
  assert.equal(guest.presence.self.presence, null);
  guest.presence.update({ name: "Guest" });
  await until("the guest is seen", () => ada.presence.others.length === 2);
});

test("B53: what the token says of somebody stands beside what they show", async () => {
  const { say, presence } = await alone();
  say(BOB, { value: 1, user: { name: "Bob" } });
  say(CID, { value: null });
  assert.deepEqual(
    presence.value.map(({ user, presence }) => [user, presence]),
    [
      [{ name: "Bob" }, 1],
      [null, null],
    ],
  );
});

test("B54: members are put in, a function edits a copy", async () => {
  const { sent, presence } = await alone({ presence: { name: "Ada", tags: ["a"] } });
  const first = presence.self.presence;
  presence.update({ mood: "fine" });
  assert.deepEqual(presence.self.presence, { name: "Ada", tags: ["a"], mood: "fine" });
  presence.update((/** @type {any} */ draft) => {
    draft.tags.push("b");
    delete draft.mood;
  });
  assert.deepEqual(presence.self.presence, { name: "Ada", tags: ["a", "b"] });
  assert.deepEqual(first, { name: "Ada", tags: ["a"] });
  presence.update({ name: undefined });
  assert.deepEqual(presence.self.presence, { tags: ["a", "b"] });
  assert.deepEqual(sent()[0].value, { name: "Ada", tags: ["a"] });
});

test("B54: the first goes at once, and then the latest of every 50 ms", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { sent, presence } = await alone();
    const values = () => sent().map(({ value }) => value);
    for (let x = 0; x < 10; x++) presence.update({ x });
    assert.deepEqual(values(), [{ x: 0 }]);
    mock.timers.tick(49);
    assert.deepEqual(values(), [{ x: 0 }]);
    mock.timers.tick(1);
    assert.deepEqual(values(), [{ x: 0 }, { x: 9 }]);
    presence.update({ x: 10 });
    assert.equal(values().length, 2);
    mock.timers.tick(50);
    assert.deepEqual(values().at(-1), { x: 10 });
    mock.timers.tick(1_000);
    assert.equal(values().length, 3, "nothing is said twice");
    presence.update({ x: 11 });
    assert.deepEqual(values().at(-1), { x: 11 });
  } finally {
    mock.timers.reset();
  }
});

test("B54: what cannot be shown is refused, and nothing has changed", async () => {
  const { sent, presence } = await alone({ presence: { name: "Ada" } });
  const before = presence.value;
  const ring = /** @type {any} */ ({ list: [] });
  ring.list.push(ring, ring);
  let deep = {};
  for (let depth = 0; depth < 20_000; depth++) deep = { deep };
  const cases = /** @type {[any, string, string | undefined][]} */ ([
    [{ at: new Date() }, "invalid-patch", "not-json"],
    [{ at: () => 1 }, "invalid-patch", "not-json"],
    [async () => {}, "invalid-patch", "async-recipe"],
    [{ at: { $anchor: 3 } }, "invalid-patch", "bad-pointer"],
    [{ at: { $anchor: null } }, "invalid-patch", "bad-pointer"],
    [ring, "invalid-patch", "cycle"],
    [{ at: deep }, "invalid-patch", "too-deep"],
    [{ text: "x".repeat(1_024) }, "too-large", undefined],
    [{ at: presence.anchor("/" + "x".repeat(4_096)) }, "too-large", undefined],
    [
      { at: Array.from({ length: 17 }, () => presence.anchor("/text")) },
      "too-large",
      "too-many-anchors",
    ],
  ]);
  for (const [change, code, reason] of cases) {
    const error = thrownBy(() => presence.update(change));
    assert.equal(error.code, code, String(error));
    assert.equal(error.details?.reason, reason);
    assert.equal(presence.value, before);
  }
  const mine = new Error("mine");
  const thrown = thrownBy(() =>
    presence.update(() => {
      throw mine;
    }),
  );
  assert.equal(thrown, mine);
  assert.equal(sent().length, 1);
});

test("B54: what options.presence cannot be is told as an error", () => {
  const { store, errors } = offline(BOARD, production, {
    presence: /** @type {any} */ ("x".repeat(2_000)),
  });
  assert.deepEqual(
    errors.map(({ code }) => code),
    ["too-large"],
  );
  assert.equal(store.state.text, "hello");
  assert.deepEqual(store.presence.value, [], "it is not shown");
  store.dispose();
});

test("B54: options.presence that contains itself is told as an error", () => {
  const ring = /** @type {any} */ ({});
  ring.ring = ring;
  for (const presence of [ring, { at: { $anchor: 3 } }]) {
    const { store, errors } = offline(BOARD, production, { presence });
    assert.deepEqual(
      errors.map(({ code }) => code),
      ["invalid-patch"],
    );
    assert.deepEqual(store.presence.value, []);
    store.dispose();
  }
});

test("B54: what has no members is taken in the place of what was shown", async () => {
  const { presence } = await alone({ presence: [1, 2] });
  for (const shown of [[3], { name: "Ada" }, [4, 5], "typing", { name: "Ada" }, null]) {
    presence.update(/** @type {any} */ (shown));
    assert.deepEqual(presence.self.presence, shown);
  }
});

test("B54: a room shows to all what a store could show", async () => {
  const server = serverWith();
  const ada = join(server);
  const bob = join(server);
  await Promise.all([ada.ready, bob.ready]);
  /** @type {((count: number) => Json)[]} */
  const kinds = [
    (count) => ({ points: Array(count).fill(7) }),
    (count) => Array(count).fill(null),
    (count) => Array(count).fill([]),
    (count) => "é".repeat(count),
    (count) => ["\n\u0001".repeat(count), 1],
    (count) => Object.fromEntries(Array.from({ length: count }, (_, at) => ["é" + at, true])),
  ];
  for (const kind of kinds) {
    let count = 600;
    const refused = () => {
      try {
        ada.presence.update(/** @type {any} */ (kind(count)));
      } catch (error) {
        return /** @type {any} */ (error).code === "too-large";
      }
    };
    while (refused()) count--;
    assert.ok(count > 30, `${kind}: ${count}`);
    const shows = () => JSON.stringify(bob.presence.others[0]?.presence);
    const expected = JSON.stringify(ada.presence.self.presence);
    await until(`Bob sees ${count} of ${kind}`, () => shows() === expected);
  }
});

test("B55: what has not changed stays the same object, and is not told", async () => {
  const { store, socket, say, presence } = await alone({ presence: { name: "Ada" } });
  /** @type {(readonly Peer<any>[])[]} */
  const told = [];
  /** @type {(readonly Peer<any>[])[]} */
  const heard = [];
  const end = presence.subscribe((value) => void told.push(value));
  store.on("presence", (value) => void heard.push(value));
  assert.equal(told[0], presence.value);
  say(BOB, { value: { name: "Bob" } });
  say(CID, { value: { $anchor: 0 }, anchors: [{ path: "/text", pos: 3 }] });
  assert.equal(told.length, 3);
  assert.deepEqual(heard, told.slice(1));
  const before = presence.value;
  assert.equal(presence.value, before);
  assert.equal(presence.get(), before);
  assert.equal(presence.others, presence.others);
  socket.change(2, [{ op: "add", path: "/items/0", value: { id: 3 } }]);
  store.update((board) => void board.items.pop());
  assert.equal(presence.value, before, "no anchor has moved");
  assert.equal(heard.length, 2);
  socket.change(3, [{ op: "str_ins", path: "/text", pos: 0, str: "oh, " }]);
  const after = presence.value;
  assert.notEqual(after, before);
  assert.deepEqual([after[0], after[1]], [before[0], before[1]]);
  assert.ok(after[0] === before[0] && after[1] === before[1]);
  assert.deepEqual(after[2].presence, { $anchor: "/text", pos: 7 });
  assert.equal(heard.at(-1), after);
  end();
  socket.say({ type: "gone", client_id: BOB });
  assert.deepEqual([told.length, heard.length], [4, 4]);
});

test("B55: who begins to listen is told of what comes then", async () => {
  const { store, say, presence } = await alone();
  /** @type {(readonly Peer<any>[])[]} */
  const heard = [];
  say(BOB, { value: 1 });
  assert.equal(presence.value.length, 1);
  const end = store.on("presence", (value) => void heard.push(value));
  store.update((board) => void board.items.pop());
  assert.equal(heard.length, 0, "nobody has come since");
  say(BOB, { value: 2 });
  assert.equal(heard.length, 1);
  end();
  say(BOB, { value: 3 });
  store.on("presence", (value) => void heard.push(value));
  store.update((board) => void board.items.pop());
  assert.equal(heard.length, 1);
});

test("B55: a reader inside a listener or a transaction takes nobody's turn", async () => {
  const { store, say, presence } = await alone();
  say(BOB, { value: { $anchor: 0 }, anchors: [{ path: "/text", pos: 5 }] });
  /** @type {Json[]} */
  const told = [];
  presence.subscribe(([peer]) => void told.push(/** @type {any} */ (peer.presence).pos));
  store.transact(() => {
    store.patch([{ op: "str_del", path: "/text", pos: 0, len: 2 }]);
    assert.equal(/** @type {any} */ (presence.value[0].presence).pos, 3);
  });
  assert.deepEqual(told, [5, 3]);
});

test("B55: development freezes what is handed out, production does not", () => {
  for (const [entry, frozen] of /** @type {const} */ ([
    [development, true],
    [production, false],
  ])) {
    const { store } = offline(BOARD, entry, { presence: /** @type {any} */ ({ a: [{}] }) });
    const [peer] = store.presence.value;
    const { a } = /** @type {any} */ (peer.presence);
    for (const part of [store.presence.value, store.presence.others, peer, peer.presence, a, a[0]])
      assert.equal(Object.isFrozen(part), frozen);
    store.presence.update({ b: 1 });
    assert.deepEqual(store.presence.self.presence, { a: [{}], b: 1 });
    store.dispose();
  }
});

test("B56: an anchor is read by each where it stands for them", async () => {
  const server = serverWith();
  const ada = join(server);
  const bob = join(server);
  await Promise.all([ada.ready, bob.ready]);
  const { anchor } = ada.presence;
  assert.deepEqual(anchor("/text", 2), { $anchor: "/text", pos: 2 });
  assert.deepEqual(anchor(["a/b", "~", 0]), { $anchor: "/a~1b/~0/0" });
  ada.presence.update({
    carets: [anchor("/text", 2), anchor("/text", 5)],
    item: anchor(["items", 1]),
    none: anchor("/none"),
  });
  await until("Bob sees it", () => bob.presence.others.length === 1);
  const seen = () => /** @type {any} */ (bob.presence.others[0].presence);
  const own = () => /** @type {any} */ (ada.presence.self.presence);
  const expected = {
    carets: [
      { $anchor: "/text", pos: 2 },
      { $anchor: "/text", pos: 5 },
    ],
    item: { $anchor: "/items/1" },
    none: null,
  };
  assert.deepEqual(seen(), expected);
  assert.deepEqual(own(), expected);
  // Bob's own edits count at once for him, and for Ada when they come.
  bob.patch([
    { op: "str_ins", path: "/text", pos: 3, str: "--" },
    { op: "remove", path: "/items/0" },
  ]);
  const moved = {
    carets: [
      { $anchor: "/text", pos: 2 },
      { $anchor: "/text", pos: 7 },
    ],
    item: { $anchor: "/items/0" },
    none: null,
  };
  assert.deepEqual(seen(), moved);
  assert.deepEqual(own(), expected);
  await until("Ada has it", () => ada.state.text === "hel--lo");
  assert.deepEqual(own(), moved);
  // What was shown is taken on as it reads now.
  ada.presence.update({ name: "Ada" });
  await until("Bob sees the name", () => seen().name === "Ada");
  assert.deepEqual(seen(), { ...moved, name: "Ada" });
  ada.update((board) => void board.items.pop());
  await until("the item is gone", () => bob.state.items.length === 0);
  assert.equal(seen().item, null);
  assert.equal(own().item, null);
});

test("B57: others are gone with their store, and everybody with the connection", async () => {
  const server = serverWith();
  const ada = join(server, { presence: { name: "Ada" } });
  const bob = join(server, { presence: { name: "Bob" } });
  const cid = join(server, { presence: { name: "Cid" } });
  await until("all are here", () => ada.presence.others.length === 2);
  cid.dispose();
  await until("Cid has left", () => ada.presence.others.length === 1);
  ada.disconnect();
  assert.deepEqual(shown(ada.presence), [{ name: "Ada" }], "nobody else, at once");
  await until("Ada has left", () => bob.presence.others.length === 0);
  ada.presence.update({ name: "Ada L." });
  ada.connect();
  await until("both are back", () => ada.presence.others.length + bob.presence.others.length === 2);
  assert.deepEqual(shown(bob.presence), [{ name: "Bob" }, { name: "Ada L." }]);
  ada.dispose();
  assert.deepEqual(shown(ada.presence), [{ name: "Ada L." }]);
  assert.equal(thrownBy(() => ada.presence.update({ name: "x" })).code, "disposed");
});
