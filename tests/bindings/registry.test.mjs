// @ts-check
// Part F: which store the components that ask for one url are given, and what lets it in.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { importFile } from "../package/support/package.mjs";

/** @type {typeof import("../../pkg-template/registry.js")} */
const { authorize, entryOf, use } = await importFile("registry.js");
/** @type {typeof import("../../pkg-template/testing.js")} */
const { createTestServer } = await importFile("testing.js");

/** @typedef {import("../../pkg-template/index.js").Auth} Auth */

/** What the room was brought. @type {(string | undefined)[]} */
let asked;
/** @type {ReturnType<typeof createTestServer>} */
let server;
/** What the room answers to a token. @type {(token: string | undefined) => boolean | "unauthorized"} */
let judge;
/** @type {{ dispose: () => void }[]} */
let stores = [];

beforeEach(() => {
  asked = [];
  judge = (token) => token === "good" || "unauthorized";
  server = createTestServer({
    authorize: ({ token }) => {
      asked.push(token);
      return judge(token);
    },
  });
});

afterEach(() => {
  mock.timers.reset();
  for (const store of stores.splice(0)) store.dispose();
  server.dispose();
});

/** What a component does that is rendered. @param {Auth} [auth] */
function render(auth) {
  const entry = entryOf(server.url("a"), {
    initial: { n: 0 },
    WebSocket: server.WebSocket,
    autoConnect: true,
    auth,
    onError() {},
  });
  stores.push(entry.store);
  return entry;
}

/** What a component does that is rendered and mounted. @param {Auth} auth */
function mount(auth) {
  const entry = render(auth);
  authorize(entry, auth);
  const end = use(server.url("a"), entry);
  assert.ok(end);
  return { store: entry.store, entry, end };
}

/** @param {import("../../pkg-template/index.js").SyncedStore<any>} store @param {string} state */
function reaches(store, state) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      const look = () => store.status.value.state === state && resolve();
      store.on("status", look);
      look();
    })
  );
}

test("F10: a text that is another one is given to the store", async () => {
  const { store, entry } = mount("expired");
  await reaches(store, "needs-auth");
  assert.equal(render("good"), entry);
  authorize(entry, "good");
  await reaches(store, "connected");
  assert.deepEqual(asked, ["expired", "good"]);
});

test("F10: of functions the last one is asked", async () => {
  const { store, entry } = mount(() => "good");
  await reaches(store, "connected");
  store.disconnect();
  judge = (token) => token === "later";
  authorize(entry, () => "later");
  store.connect();
  await reaches(store, "connected");
  assert.deepEqual(asked, ["good", "later"]);
});

test("F10: a store that waits for another token asks who comes later", async () => {
  const before = mount(() => "expired");
  await reaches(before.store, "needs-auth");
  before.end();
  const after = mount(() => "good");
  await reaches(after.store, "connected");
  after.end();
});

test("F10: another user within the second has another store", async () => {
  judge = () => true;
  const ada = mount("ada");
  await reaches(ada.store, "connected");
  ada.end();
  const grace = mount("grace");
  assert.notEqual(grace.store, ada.store);
  assert.equal(ada.store.status.value.state, "closed");
  await reaches(grace.store, "connected");
  assert.deepEqual(asked, ["ada", "grace"]);
  grace.end();
  assert.equal(mount("grace").store, grace.store, "the same user has the same store");
});

test("F10: a store that has failed is not given to who comes later", async () => {
  judge = () => false;
  const before = mount("bad");
  await reaches(before.store, "failed");
  assert.equal(render("bad"), before.entry, "as long as it has users it is");
  before.end();
  judge = () => true;
  const after = mount("bad");
  await reaches(after.store, "connected");
});

test("F10: who waits for a store that fails is told, and has no other instead", async () => {
  judge = () => false;
  const entry = render("bad");
  await assert.rejects(entry.store.ready, { code: "forbidden" });
  assert.equal(render("bad"), entry);
});

test("F3: a store that nobody comes to use ends, also when its room never comes", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { store } = entryOf("ws://127.0.0.1:9/rooms/nowhere", {
    initial: { n: 0 },
    autoConnect: false,
  });
  stores.push(store);
  mock.timers.tick(29_000);
  assert.notEqual(store.status.value.state, "closed");
  mock.timers.tick(2_000);
  assert.equal(store.status.value.state, "closed");
});
