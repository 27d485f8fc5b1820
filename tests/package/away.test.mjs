// @ts-check
// Somebody was away for longer than the room's log reaches back, and gets the document as it is.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { WebSocket } from "ws";
import { Proxy } from "../e2e/support/proxy.mjs";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { production } from "./support/package.mjs";

/** @typedef {{ id: string, text: string, n: number }} Item */
/** @typedef {{ items: Item[], done: Item[], edits: number }} Board */
/** @typedef {import("../../pkg-template/index.js").SyncedStore<Board>} Store */

/** What a room keeps at most, unless its server says less. */
const LOG_CHANGES_MAX = 10_000;
/** As many changes as a client lets wait. */
const BATCH = 2_500;

/** @type {ServerProcess} */
let server;
/** A server that keeps no changes. @type {ServerProcess} */
let forgetful;
/** @type {Proxy} */
let proxy;
/** @type {Store[]} */
const stores = [];
let rooms = 0;

before(async () => {
  [server, forgetful] = await Promise.all([
    ServerProcess.start({ engine: "memory" }),
    ServerProcess.start({ engine: "memory", flags: ["--log-bytes-max", "0"] }),
  ]);
  proxy = await Proxy.start(forgetful.port);
});
afterEach(() => {
  for (const store of stores.splice(0)) store.dispose();
  rooms += 1;
});
after(async () => {
  await proxy?.close();
  await Promise.all([server?.kill(), forgetful?.kill()]);
});

/**
 * @param {string} origin
 * @param {number} [count] of items
 * @returns {Promise<Store>}
 */
async function open(origin, count = 3) {
  const store = await production.SyncedStore.open(
    `${origin.replace("http", "ws")}/rooms/away-${rooms}`,
    {
      initial: {
        items: Array.from({ length: count }, (_, n) => ({ id: `i${n}`, text: `item ${n}`, n: 0 })),
        done: /** @type {Item[]} */ ([]),
        edits: 0,
      },
      connection: { minDelayMs: 10, maxDelayMs: 100 },
      WebSocket,
      onError: (error) => assert.fail(error),
    },
  );
  stores.push(store);
  return store;
}

/**
 * Counts the snapshots that a store gets.
 * @param {Store} store
 */
function loads(store) {
  const seen = { count: 0 };
  store.on("patch", ({ origin }) => {
    if (origin === "load") seen.count += 1;
  });
  return seen;
}

/** @param {Store} one @param {Store} two */
async function agree(one, two) {
  await Promise.all([one.flush(), two.flush()]);
  await until("both have the same", () => {
    assert.deepEqual(one.state, two.state);
    return true;
  });
}

/** @param {Store} store @param {string} id */
function find(store, id) {
  return [...store.state.items, ...store.state.done].find((item) => item.id === id);
}

test("R13, C19, C21: ten thousand changes later 500 edits are each taken, or reported", async () => {
  const ada = await open(server.url, 600);
  const grace = await open(server.url, 600);
  const seen = loads(grace);
  grace.disconnect();

  const edits = Array.from({ length: 500 }, (_, n) =>
    grace.update((draft) => {
      draft.items[n].n = n + 1;
    }),
  );
  // Ada turns the order about, takes every fifth item away, moves every seventh, and counts.
  ada.update((draft) => void draft.items.reverse());
  ada.update((draft) => {
    draft.items = draft.items.filter((_, at) => at % 5 !== 0);
  });
  ada.update((draft) => {
    for (let at = 0; at < draft.items.length; at += 6) {
      draft.done.push(...draft.items.splice(at, 1));
    }
  });
  const left = new Set([...ada.state.items, ...ada.state.done].map(({ id }) => id));
  assert.ok(left.size === 480 && ada.state.done.length > 60);
  for (let count = 0; count < LOG_CHANGES_MAX; count += BATCH) {
    for (let n = 0; n < BATCH; n += 1) ada.update((draft) => void (draft.edits += 1));
    await ada.flush();
  }

  grace.connect();
  const outcomes = await Promise.all(edits.map(({ confirmed }) => confirmed));
  assert.equal(seen.count, 1, "a snapshot came");
  await agree(ada, grace);
  assert.equal(grace.state.edits, LOG_CHANGES_MAX);
  assert.equal(grace.state.items.length + grace.state.done.length, left.size);
  for (const [n, { lost }] of outcomes.entries()) {
    const id = `i${n}`;
    if (left.has(id)) {
      assert.deepEqual([find(grace, id)?.n, lost], [n + 1, []], id);
    } else {
      const op = edits[n].patches[0];
      assert.deepEqual([find(grace, id), lost], [undefined, [{ op, reason: "target-gone" }]], id);
    }
  }
});

test("C18, C21, R9: what the room decided unheard is not done twice, and not shown when refused", async () => {
  const ada = await open(forgetful.url);
  const grace = await open(proxy.url);
  const seen = loads(grace);
  grace.disconnect();
  await ada.update((draft) => void draft.items.shift()).confirmed;
  const taken = grace.update((draft) => void draft.items.push({ id: "new", text: "new", n: 0 }));
  const refused = grace.patch([
    { op: "test", path: "/items/0/text", value: "item 0" },
    { op: "replace", path: "/items/1/n", value: 5 },
  ]);
  const refusal = assert.rejects(refused.confirmed, { code: "rejected" });
  const empty = grace.update((draft) => void (draft.items[0].n = 7));
  // From the moment that the push goes out Grace hears nothing.
  const stop = grace.on("status", ({ state }) => void (state === "connected" && proxy.deafen()));
  grace.connect();
  await until("the room has the push", () => ada.state.items.some(({ id }) => id === "new"));
  stop();
  assert.equal(grace.status.value.pending, 3);
  proxy.hold();
  proxy.cut();
  await until("Grace notices", () => grace.status.value.state !== "connected");
  const later = grace.update((draft) => {
    const item = draft.items.find(({ id }) => id === "new");
    if (item) item.text = "edited while away";
  });
  await ada.update((draft) => void draft.items.unshift({ id: "top", text: "top", n: 0 })).confirmed;
  const before = seen.count;
  proxy.hear();
  proxy.release();

  assert.deepEqual((await taken.confirmed).lost, []);
  await refusal;
  assert.deepEqual((await empty.confirmed).lost, [{ op: empty.patches[0], reason: "target-gone" }]);
  assert.deepEqual((await later.confirmed).lost, []);
  assert.equal(seen.count, before + 1, "a snapshot came");
  await agree(ada, grace);
  assert.deepEqual(grace.state.items, [
    { id: "top", text: "top", n: 0 },
    { id: "i1", text: "item 1", n: 0 },
    { id: "i2", text: "item 2", n: 0 },
    { id: "new", text: "edited while away", n: 0 },
  ]);
});

test("C29, B2, B20: what is equal in a snapshot stays the same object", async () => {
  const ada = await open(forgetful.url);
  const grace = await open(forgetful.url);
  const seen = loads(grace);
  const first = grace.state;
  let told = 0;
  grace.subscribe(() => void (told += 1));

  grace.disconnect();
  await ada.update((draft) => void (draft.items[0].n = 1)).confirmed;
  await ada.update((draft) => void (draft.items[0].n = 0)).confirmed;
  grace.connect();
  await until("a snapshot came", () => seen.count === 1);
  await grace.flush();
  assert.equal(grace.state, first, "nothing is new");
  assert.equal(told, 0, "and nobody is told");

  grace.disconnect();
  await ada.update((draft) => {
    draft.items[2].n = 1;
    draft.items.unshift(...draft.items.splice(1, 1));
  }).confirmed;
  grace.connect();
  await until("another came", () => seen.count === 2);
  await agree(ada, grace);
  const [moved, same, changed] = grace.state.items;
  assert.equal(moved, first.items[1], "it has moved, and is the same");
  assert.equal(same, first.items[0]);
  assert.notEqual(changed, first.items[2]);
  assert.equal(grace.state.done, first.done);
  assert.equal(told, 1);
});
