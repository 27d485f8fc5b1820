// @ts-check
// A store and a real server: promises, events and identities once a room answers.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { WebSocket } from "ws";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { production } from "./support/package.mjs";

/** @typedef {{ items: { text: string, done: boolean }[] }} Board */
/** @typedef {import("../../pkg-template/index.js").SyncedStore<Board>} Store */

/** @type {ServerProcess} */
let server;
/** @type {Store[]} */
let stores = [];
let rooms = 0;

before(async () => {
  server = await ServerProcess.start();
});
afterEach(() => {
  for (const store of stores.splice(0)) store.dispose();
  rooms += 1;
});
after(() => server?.kill());

/** @param {Partial<import("../../pkg-template/index.js").SyncedStoreOptions<Board>>} [options] */
async function open(options) {
  const url = `${server.url.replace("http", "ws")}/rooms/connected-${rooms}`;
  const store = await production.SyncedStore.open(url, {
    initial: {
      items: [
        { text: "milk", done: false },
        { text: "tea", done: false },
      ],
    },
    WebSocket,
    onError: (error) => assert.fail(error),
    ...options,
  });
  stores.push(store);
  return store;
}

test("B26, B28: confirmed and flush resolve when the room has the change", async () => {
  const store = await open();
  assert.equal(await store.ready, store);
  assert.deepEqual(store.status.value, { state: "connected", pending: 0, synced: true });
  const change = store.update((draft) => void (draft.items[0].done = true));
  assert.equal(store.status.value.pending, 1);
  assert.equal(change.confirmed, change.confirmed, "one promise");
  assert.deepEqual(await change.confirmed, { version: 2, rebased: false, lost: [] });
  const next = store.update((draft) => void (draft.items[1].done = true));
  await store.flush();
  assert.equal(store.status.value.pending, 0);
  assert.equal((await next.confirmed).version, 3, "asked for when it is long over");
  const nothing = await store.update(() => {}).confirmed;
  assert.deepEqual(nothing, { version: 3, rebased: false, lost: [] });
});

test("B19, B26: what update returns inside transact is confirmed with the whole", async () => {
  const store = await open();
  /** @type {import("../../pkg-template/index.js").Change | undefined} */
  let change;
  store.transact(() => {
    change = store.update((draft) => void (draft.items[0].done = true));
    store.update((draft) => void draft.items.pop());
  });
  assert.equal((await change?.confirmed)?.version, 2);
});

test("B2, B24: another's change keeps the identity of what it does not touch", async () => {
  const reader = await open();
  const writer = await open();
  const before = reader.state;
  /** @type {import("../../pkg-template/index.js").PatchEvent[]} */
  const events = [];
  reader.on("patch", (event) => void events.push(event));
  const change = writer.update((draft) => void (draft.items[0].done = true));
  await until("the reader sees it", () => reader.state.items[0].done);
  assert.equal(reader.state.items[1], before.items[1]);
  assert.equal(before.items[0].done, false);
  assert.deepEqual(events, [
    {
      id: change.id,
      origin: "remote",
      clientId: writer.clientId,
      version: 2,
      patches: [{ op: "replace", path: "/items/0/done", value: true }],
    },
  ]);
});

test("B26: a change that lost its target says which operation and why", async () => {
  const [one, two] = [await open(), await open()];
  two.disconnect();
  await one.update((draft) => void draft.items.shift()).confirmed;
  const change = two.update((draft) => void (draft.items[0].done = true));
  two.connect();
  const outcome = await change.confirmed;
  assert.equal(outcome.rebased, true);
  assert.deepEqual(outcome.lost, [{ op: change.patches[0], reason: "target-gone" }]);
  assert.deepEqual(two.state.items, [{ text: "tea", done: false }]);
});

test("B26: a refused change is taken back, and everybody who asked is told", async () => {
  const [one, two] = [await open(), await open()];
  two.disconnect();
  await one.update((draft) => void (draft.items[0].text = "oats")).confirmed;
  const refused = two.patch([
    { op: "test", path: "/items/0/text", value: "milk" },
    { op: "replace", path: "/items/0/done", value: true },
  ]);
  assert.equal(two.state.items[0].done, true);
  /** @type {import("../../pkg-template/index.js").StoreEvents["rejected"][]} */
  const told = [];
  two.on("rejected", (event) => void told.push(event));
  two.connect();
  /** @type {any} */
  const error = await refused.confirmed.then(
    () => assert.fail("it was taken"),
    (reason) => reason,
  );
  assert.ok(error instanceof production.RejectedError);
  assert.equal(error.change, refused);
  assert.deepEqual(error.state, {
    items: [
      { text: "oats", done: false },
      { text: "tea", done: false },
    ],
  });
  assert.deepEqual(told, [{ change: refused, error }]);
  assert.equal(two.state.items[0].done, false);
  assert.equal(
    error.message,
    "rejected; taken back: operation 0: /items/0/text: guard failed; read it again",
  );
});

test("B26: a refusal that nobody would hear of goes to onError", async () => {
  /** @type {import("../../pkg-template/index.js").SyncedStoreError[]} */
  const errors = [];
  const one = await open();
  const two = await open({ onError: (error) => void errors.push(error) });
  two.disconnect();
  await one.update((draft) => void (draft.items[0].text = "oats")).confirmed;
  two.patch([
    { op: "test", path: "/items/0/text", value: "milk" },
    { op: "replace", path: "/items/0/done", value: true },
  ]);
  two.connect();
  await until("the refusal is told", () => errors.length > 0);
  assert.ok(errors[0] instanceof production.RejectedError);
});

test("B20, B25: a change goes through its events in order", async () => {
  const store = await open();
  /** @type {string[]} */
  const events = [];
  store.on("patch", ({ origin }) => void events.push(origin));
  store.subscribe(() => void events.push("change"));
  store.on("status", (status) => void events.push(`${status.state} ${status.pending}`));
  await store.update((draft) => void (draft.items[0].done = true)).confirmed;
  await store.flush();
  assert.deepEqual([...events].sort(), ["change", "connected 0", "connected 1", "local"]);
  assert.ok(events.indexOf("connected 1") < events.indexOf("connected 0"));
});

test("B30: disconnect lets edits wait, connect offers them", async () => {
  const [one, two] = [await open(), await open()];
  two.disconnect();
  assert.deepEqual(two.status.value, { state: "offline", pending: 0, retryAt: null });
  two.update((draft) => void draft.items.push({ text: "oats", done: false }));
  await one.update((draft) => void draft.items.push({ text: "rice", done: false })).confirmed;
  assert.equal(two.state.items.length, 3);
  two.connect();
  await two.flush();
  await until("both have both", () => one.state.items.length === 4 && two.state.items.length === 4);
  assert.deepEqual(one.state, two.state);
});

test("C26, C27: the first initial counts, and that of later visitors is not sent", async () => {
  const [first, second] = await Promise.all([
    open(),
    open({ initial: { items: [{ text: "other", done: true }] } }),
  ]);
  await until("both have the same", () => {
    assert.deepEqual(first.state, second.state);
    return true;
  });
  const before = first.state;
  const third = await open({ initial: { items: [] } });
  assert.deepEqual(third.state, before);
});
