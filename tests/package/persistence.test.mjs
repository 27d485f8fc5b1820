// @ts-check
// What outlives a page, with a persister and sockets that the tests hold in their hands.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { production } from "./support/package.mjs";
import { MemoryPersister } from "./support/persister.mjs";
import { FakeSocket } from "./support/socket.mjs";

/** @typedef {{ n: number, list: string[] }} Board */
/** @typedef {import("../../pkg-template/index.js").SyncedStore<Board>} Store */
/** @typedef {import("../../pkg-template/index.js").SyncedStoreError} SyncedStoreError */

let rooms = 0;
/** @type {Store[]} */
const stores = [];
afterEach(async () => {
  for (const store of stores.splice(0)) store.dispose();
  await turns();
});

/** Lets everything run that is due. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

/** Waits for what comes soon. @param {() => boolean} condition */
async function until(condition) {
  for (let deadline = Date.now() + 10_000; !condition(); await turns()) {
    assert.ok(Date.now() < deadline, String(condition));
  }
}

/** Stores of one room, as tabs of one browser. */
class Browser {
  persister = new MemoryPersister();
  url = `ws://127.0.0.1:9/rooms/persistence-${rooms++}`;
  /** @type {FakeSocket[]} */
  sockets = [];
  /** @type {SyncedStoreError[]} */
  errors = [];

  /** A tab is opened. @param {boolean} [autoConnect] */
  async open(autoConnect = true) {
    const store = new production.SyncedStore(this.url, {
      initial: /** @type {Board} */ ({ n: 0, list: [] }),
      autoConnect,
      persist: this.persister,
      WebSocket: /** @type {any} */ (() => this.sockets[this.sockets.push(new FakeSocket()) - 1]),
      onError: (error) => void this.errors.push(error),
    });
    stores.push(store);
    await until(() => store.status.value.state !== "loading");
    await turns();
    return store;
  }

  /** The newest socket. */
  get socket() {
    const socket = this.sockets.at(-1);
    assert.ok(socket, "a socket was asked for");
    return socket;
  }

  /** A tab is opened and has met its room. */
  async join() {
    const store = await this.open();
    this.socket.open();
    await turns();
    this.socket.welcome(3, { n: 3, list: ["a"] });
    await turns();
    return store;
  }

  /** What was pushed, on all sockets. */
  get pushes() {
    const sent = this.sockets.flatMap((socket) => socket.sent);
    return sent.filter((message) => message.type === "push");
  }
}

/** A tab ends, and takes the time that it takes. @param {Store} store */
async function close(store) {
  store.dispose();
  await turns();
}

test("B42: a store shows what was kept, before it has met the room", async () => {
  const browser = new Browser();
  const first = await browser.join();
  first.update((board) => void (board.n = 4));
  await turns();
  browser.socket.change(4, [{ op: "add", path: "/list/1", value: "b" }]);
  await close(first);

  const second = await browser.open();
  assert.equal(await second.ready, second);
  assert.deepEqual(second.state, { n: 4, list: ["a", "b"] });
  assert.equal(second.clientId, first.clientId);
  assert.equal(second.status.value.pending, 1);
  second.update((board) => void board.list.push("c"));
  assert.deepEqual(second.state, { n: 4, list: ["a", "b", "c"] });
  assert.deepEqual(browser.errors, []);
});

test("B42: what was not sent is offered after the reload, under its name", async () => {
  const browser = new Browser();
  const first = await browser.open(false);
  const { id } = first.update((board) => void (board.n = 1));
  await close(first);

  const second = await browser.open();
  browser.socket.open();
  browser.socket.welcome(3, { n: 3, list: ["a"] });
  await turns();
  assert.deepEqual(
    browser.pushes.map((push) => push.changes.map((/** @type {any} */ change) => change.tag)),
    [[id]],
  );
  const [{ seq, tag }] = browser.pushes[0].changes;
  browser.socket.say({ type: "ack", results: [{ seq, tag, version: 4 }] });
  await second.flush();
  assert.deepEqual(second.state, { n: 1, list: ["a"] });
  await close(second);

  const third = await browser.open(false);
  assert.equal(third.status.value.pending, 0);
  assert.deepEqual(third.state, { n: 1, list: ["a"] });
});

test("B43: nothing is sent before it is written", async () => {
  const browser = new Browser();
  const store = await browser.join();
  const release = browser.persister.hold();
  const before = browser.persister.writes.length;
  store.update((board) => void (board.n = 4));
  assert.equal(store.state.n, 4);
  await turns();
  assert.equal(browser.persister.writes.length, before + 1, "one transaction");
  assert.equal(browser.pushes.length, 0);
  release();
  await turns();
  assert.equal(browser.pushes.length, 1);
});

test("B43: what waits to be written is not sent on another socket", async () => {
  const browser = new Browser();
  const store = await browser.join();
  const release = browser.persister.hold();
  store.update((board) => void (board.n = 4));
  await turns();
  store.disconnect();
  store.connect();
  release();
  await turns();
  assert.equal(browser.sockets.length, 2);
  assert.deepEqual(browser.socket.sent, []);
  assert.equal(browser.pushes.length, 0);
});

test("B44: two tabs of one room are two replicas, and the second begins with what is known", async () => {
  const browser = new Browser();
  const first = await browser.join();
  first.update((board) => void (board.n = 4));
  await turns();
  const second = await browser.open();
  assert.notEqual(second.clientId, first.clientId);
  assert.deepEqual(second.state, { n: 3, list: ["a"] }, "what the first has not sent is its own");
  assert.equal(second.status.value.pending, 0);
  await close(second);
  await close(first);

  const third = await browser.open();
  const fourth = await browser.open();
  assert.notEqual(third.clientId, fourth.clientId);
  assert.deepEqual(browser.errors, []);
});

test("B45: what a closed tab has left is sent once, under its own name, and then forgotten", async () => {
  const browser = new Browser();
  const first = await browser.open(false);
  const second = await browser.open(false);
  first.update((board) => void (board.n = 1));
  second.update((board) => void board.list.push("left"));
  await close(first);
  await close(second);
  assert.equal(browser.persister.copies.size, 2);

  const next = await browser.open();
  const taken = browser.socket;
  taken.open();
  taken.welcome(3, { n: 3, list: ["a"] });
  await turns();
  await turns();
  const heir = browser.socket;
  assert.notEqual(heir, taken, "the other copy has a socket of its own");
  heir.open();
  heir.welcome(3, { n: 3, list: ["a"] });
  await turns();
  const names = heir.sent.filter(({ type }) => type === "hello").map((hello) => hello.client_id);
  assert.deepEqual([next.clientId, ...names].sort(), [first.clientId, second.clientId].sort());
  const { seq, tag } = heir.sent.at(-1).changes[0];
  heir.say({ type: "ack", results: [{ seq, tag, version: 4 }] });
  await until(() => browser.persister.copies.size === 1);
  assert.equal(browser.pushes.length, 2);
  assert.deepEqual(browser.errors, []);
});

test("B45: of what closed tabs have left nothing is removed that was not sent", async () => {
  const browser = new Browser();
  const tabs = [await browser.open(), await browser.open(), await browser.open()];
  for (const tab of tabs) tab.update((board) => void board.list.push("left"));
  for (const tab of tabs) await close(tab);

  const next = await browser.open();
  const beside = await browser.open();
  beside.update((board) => void board.list.push("beside"));
  const [taken] = browser.sockets.slice(-2);
  taken.open();
  taken.welcome(3, { n: 3, list: ["a"] });
  await until(() => browser.sockets.length === 6);
  const heir = browser.socket;
  await close(beside);
  heir.open();
  heir.welcome(3, { n: 3, list: ["a"] });
  await until(() => heir.sent.at(-1)?.type === "push");
  const { seq, tag } = heir.sent.at(-1).changes[0];
  heir.say({ type: "ack", results: [{ seq, tag, version: 4 }] });
  // The one that was closed meanwhile is next.
  await until(() => browser.sockets.length === 7);
  assert.equal(browser.persister.copies.size, 2);
  assert.match(JSON.stringify([...browser.persister.copies.values()]), /beside/);
  next.disconnect();
  await turns();
  assert.ok(browser.socket.closed, "without the room nothing is sent for others either");
  next.connect();
  await turns();
  browser.socket.open();
  await turns();
  browser.socket.welcome(4, { n: 3, list: ["a"] });
  await until(() => browser.sockets.length === 9);
  browser.socket.open();
  await until(() => browser.socket.sent.length > 0);
  assert.equal(browser.socket.sent[0].client_id, beside.clientId, "it goes on with what was left");
  assert.deepEqual(browser.errors, []);
});

test("B44: a store that follows one which was just disposed of goes on with its copy", async () => {
  const browser = new Browser();
  const first = await browser.join();
  const release = browser.persister.hold();
  first.update((board) => void (board.n = 4));
  first.dispose();
  const opening = browser.open();
  await turns();
  release();
  const second = await opening;
  assert.equal(second.clientId, first.clientId);
  assert.equal(second.state.n, 4);
  assert.equal(second.status.value.pending, 1);
});

test("B44: the copy that knows most is gone on with, whichever tab was opened last", async () => {
  const browser = new Browser();
  const first = await browser.join();
  const socket = browser.socket;
  const second = await browser.open();
  await close(second);
  socket.change(4, [{ op: "add", path: "/list/1", value: "b" }]);
  first.update((board) => void (board.n = 5));
  await close(first);
  const third = await browser.open();
  assert.deepEqual(third.state, { n: 5, list: ["a", "b"] });
});

test("B46: what a listener writes while the copy is put in is settled too", async () => {
  const browser = new Browser();
  await close(await browser.join());
  const opening = browser.open();
  const store = stores[stores.length - 1];
  /** @type {import("../../pkg-template/index.js").Change | undefined} */
  let change;
  store.subscribe(() => void (change ??= store.update((board) => void board.list.push("heard"))));
  store.update((board) => void (board.n = 9));
  await opening;
  browser.socket.open();
  browser.socket.welcome(3, { n: 3, list: ["a"] });
  await turns();
  const { changes } = browser.pushes[0];
  const taken = changes.map((/** @type {any} */ { seq, tag }, /** @type {number} */ at) => ({
    seq,
    tag,
    version: 4 + at,
  }));
  browser.socket.say({ type: "ack", results: taken });
  assert.equal((await change?.confirmed)?.version, 3 + changes.length);
});

test("B47: a persister that does not answer has failed after some seconds", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const browser = new Browser();
  const store = await browser.join();
  browser.persister.hold();
  store.update((board) => void (board.n = 4));
  await turns();
  assert.equal(browser.pushes.length, 0);
  t.mock.timers.tick(10_000);
  await turns();
  assert.deepEqual(codes(browser), [["storage", { reason: "not-kept" }]]);
  assert.equal(browser.pushes.length, 1);
});

test("B48: clearLocal at once removes what was kept before", async () => {
  const browser = new Browser();
  await close(await browser.join());
  assert.equal(browser.persister.copies.size, 1);
  const opening = browser.open().catch(() => {});
  await stores[stores.length - 1].clearLocal();
  assert.equal(browser.persister.copies.size, 0);
  await opening;
});

test("B46: what was written before the copy was found stands on top of it", async () => {
  const browser = new Browser();
  const first = await browser.join();
  first.update((board) => void (board.n = 4));
  await close(first);
  const opening = browser.open();
  const store = stores[stores.length - 1];
  assert.equal(store.status.value.state, "loading");
  let flushed = false;
  void store.flush().then(() => (flushed = true));
  const change = store.update((board) => void board.list.push("early"));
  assert.deepEqual(store.status.value, { state: "loading", pending: 1 });
  await opening;
  assert.ok(!flushed, "what was kept is not sent");
  assert.deepEqual(store.state, { n: 4, list: ["a", "early"] });
  assert.equal(store.status.value.pending, 2);
  browser.socket.open();
  browser.socket.welcome(3, { n: 3, list: ["a"] });
  await turns();
  const [old, early] = browser.pushes[0].changes;
  assert.equal(early.tag, change.id);
  const taken = [old, early].map(({ seq, tag }, at) => ({ seq, tag, version: 4 + at }));
  browser.socket.say({ type: "ack", results: taken });
  assert.equal((await change.confirmed).version, 5);
});

/** @param {Browser} browser */
const codes = (browser) => browser.errors.map(({ code, details }) => [code, details ?? null]);

test("B47: a persister that fails is told of once, and the store goes on", async () => {
  for (const [name, code] of [
    ["QuotaExceededError", "storage-full"],
    ["UnknownError", "storage"],
  ]) {
    const browser = new Browser();
    const store = await browser.join();
    browser.persister.fault = Object.assign(new Error("no"), { name });
    store.update((board) => void (board.n = 4));
    store.update((board) => void (board.n = 5));
    await turns();
    await turns();
    assert.deepEqual(codes(browser), [[code, { reason: "not-kept" }]]);
    assert.equal(browser.pushes.length, 1, "nothing is held back for it");
    assert.equal(store.state.n, 5);
  }
});

test("B47: a copy that cannot be read is left alone, and the store goes on without", async () => {
  for (const damage of ["{", '{"protocol":1}', '{"protocol":99}']) {
    const browser = new Browser();
    await close(await browser.join());
    const [copy] = browser.persister.copies.values();
    copy.compact = damage;
    const store = await browser.open();
    assert.deepEqual(codes(browser), [["storage", { reason: "corrupt" }]]);
    assert.deepEqual(store.state, { n: 0, list: [] });
    assert.equal(copy.compact, damage);
    browser.socket.open();
    browser.socket.welcome(3, { n: 3, list: ["a"] });
    store.update((board) => void (board.n = 4));
    await turns();
    assert.equal(browser.pushes.length, 1);
    assert.equal(copy.compact, damage);
    await store.clearLocal();
    assert.equal(browser.persister.copies.size, 0);
  }
});

test("B48: clearLocal removes what is kept and ends the store, but not what another tab keeps", async () => {
  const browser = new Browser();
  const first = await browser.join();
  const second = await browser.open(false);
  second.update((board) => void (board.n = 9));
  await turns();
  assert.equal(browser.persister.copies.size, 2);
  await first.clearLocal();
  assert.equal(first.status.value.state, "closed");
  assert.equal(browser.persister.copies.size, 1);
  await second.clearLocal();
  assert.equal(browser.persister.copies.size, 0);
});

test("B49: the journal is written change by change, and the state when the journal has grown", async () => {
  const browser = new Browser();
  const store = await browser.join();
  browser.persister.writes.length = 0;
  const text = "x".repeat(1000);
  let version = 3;
  for (let round = 0; round < 100; round++) {
    version++;
    browser.socket.change(version, [{ op: "add", path: "/list/0", value: text }]);
    browser.socket.change(version + 1, [{ op: "remove", path: "/list/0" }]);
    version++;
    await turns();
  }
  const states = browser.persister.writes.filter((word) => word === "replace").length;
  assert.ok(states >= 1 && states <= 3, `${states} states`);
  assert.ok(browser.persister.writes.length > 90);
  await close(store);
  const next = await browser.open(false);
  assert.deepEqual(next.state, { n: 3, list: ["a"] });
});

test("B50: a store that is disposed has written what it was given", async () => {
  const browser = new Browser();
  const store = await browser.open(false);
  const release = browser.persister.hold();
  store.update((board) => void (board.n = 1));
  let gone = false;
  const going = store[Symbol.asyncDispose]().then(() => (gone = true));
  await turns();
  assert.ok(!gone, "it waits for the write");
  release();
  await going;
  const [copy] = browser.persister.copies.values();
  assert.match(String(copy.compact) + copy.journal.join(), /"n"/);
  assert.equal((await browser.open(false)).state.n, 1);
});
