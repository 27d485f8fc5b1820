// @ts-check
// draftsync/testing: rooms in this process, on a network that is pretended.

import assert from "node:assert/strict";
import { test } from "node:test";
import { importFile, production } from "./support/package.mjs";
import { member, serverWith, testing } from "./support/rooms.mjs";

/** @type {typeof import("../../pkg-template/testing-host.js")} */
const { Host } = await importFile("testing-host.js");
/** @type {typeof import("../../pkg-template/testing-network.js")} */
const { TestSocket } = await importFile("testing-network.js");

/** @typedef {{ items: string[], n: number }} List */

/** @returns {List} */
const empty = () => ({ items: [], n: 0 });

/** @param {() => Promise<unknown>} act @param {RegExp} text */
const rejects = (act, text) => assert.rejects(act, (error) => text.test(String(error)));

test("D1, D12: two stores in one room have one document, which the server shows with its log", async () => {
  const server = serverWith();
  assert.equal(server.document("room"), undefined);
  assert.deepEqual(server.log("room"), []);
  const ada = member(server, { initial: empty() });
  const grace = member(server, { initial: empty() });
  await server.settled();
  assert.deepEqual(ada.status.value, { state: "connected", pending: 0, synced: true });
  const change = ada.update((draft) => void draft.items.push("milk"));
  await server.settled();
  assert.equal((await change.confirmed).version, 2);
  assert.deepEqual(grace.state, { items: ["milk"], n: 0 });
  assert.deepEqual(server.document("room"), grace.state);
  assert.equal(server.document("another"), undefined);
  assert.deepEqual(server.log("room"), [
    {
      version: 1,
      clientId: ada.clientId,
      id: "",
      patches: [{ op: "replace", path: "", value: empty() }],
    },
    { version: 2, clientId: ada.clientId, id: change.id, patches: change.patches },
  ]);
});

test("D2: a store reaches its room under any address; servers share nothing", async () => {
  const [one, other] = [serverWith(), serverWith()];
  assert.notEqual(one.url("room"), other.url("room"));
  const { WebSocket } = one;
  const store = await production.SyncedStore.open("wss://app.example/rooms/a/b", {
    initial: { n: 1 },
    WebSocket,
  });
  assert.deepEqual(one.document("a/b"), { n: 1 });
  assert.equal(other.document("a/b"), undefined);
  store.dispose();
  assert.throws(() => new WebSocket("wss://app.example/elsewhere"), /names no room/);
});

test("D2: sockets are like those of the platform", async () => {
  const server = serverWith();
  const socket = new server.WebSocket(server.url("room"), ["draftsync.v1"]);
  assert.equal(socket.readyState, server.WebSocket.CONNECTING);
  assert.throws(() => socket.send("early"), { name: "InvalidStateError" });
  /** @type {unknown[]} */
  const events = [];
  socket.addEventListener("open", () => events.push("open"));
  socket.addEventListener("message", ({ data }) => events.push(JSON.parse(data).type));
  socket.addEventListener("close", ({ code, reason }) => events.push([code, reason]));
  await server.settled();
  assert.equal(socket.protocol, "draftsync.v1");
  socket.send("no message of the protocol");
  await server.settled();
  assert.deepEqual(events, ["open", "error", [4400, "protocol"]]);
  assert.equal(socket.readyState, socket.CLOSED);
  socket.send("late");
});

for (const seed of Array.from({ length: 20 }, (_, at) => at + 1)) {
  test(`D3, D4: three stores agree after latency, loss and restarts, with the seed ${seed}`, async () => {
    const server = serverWith({ latency: [0, 4], loss: 0.05, seed });
    const stores = [1, 2, 3].map(() => member(server, { initial: empty() }));
    const words = [];
    for (let round = 0; round < 8; round++) {
      for (const [at, store] of stores.entries()) {
        const word = `${at}:${round}`;
        words.push(word);
        store.update((draft) => void draft.items.splice(round % 3, 0, word));
        store.patch([{ op: "inc", path: "/n", inc: 1 }]);
      }
      if (round === 3) server.restart();
      else if (round % 3 === 0) await server.settled();
    }
    server.setNetwork({ loss: 0 });
    await server.settled();
    const document = /** @type {List} */ (server.document("room"));
    for (const store of stores) assert.deepEqual(store.state, document);
    assert.equal(document.n, 24, "each change is there exactly once");
    assert.deepEqual([...document.items].sort(), words.sort());
    // The log, applied from the beginning, is the document.
    const replica = member(server, { initial: empty() }, "replica");
    for (const { patches } of server.log("room").slice(1)) replica.patch(patches);
    assert.deepEqual(replica.state, document);
  });
}

test("D3: frames take their time, and stay in order", async () => {
  const server = serverWith({ latency: [0, 30] });
  const ada = member(server, { initial: { seen: -1 } });
  const grace = member(server, { initial: { seen: -1 } });
  await server.settled();
  /** @type {number[]} */
  const seen = [];
  grace.subscribe(() => seen.push(grace.state.seen));
  const begun = performance.now();
  for (let n = 0; n < 10; n++) {
    const { confirmed } = ada.update((draft) => void (draft.seen = n));
    await confirmed;
  }
  await server.settled();
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.ok(performance.now() - begun > 50, "ten ways there and back take time");
});

test("D4: what is lost is a connection, and both sides notice", async () => {
  const server = serverWith();
  const ada = member(server, { initial: empty() });
  await server.settled();
  server.setNetwork({ loss: 1 });
  ada.update((draft) => void draft.items.push("milk"));
  const states = new Set();
  ada.status.subscribe(({ state }) => states.add(state));
  await rejects(() => server.settled({ timeoutMs: 100 }), /has lost its connection/);
  assert.ok(states.has("offline"));
  assert.deepEqual(server.document("room"), empty());
  server.setNetwork({ loss: 0 });
  await server.settled();
  assert.deepEqual(server.document("room"), { items: ["milk"], n: 0 });
});

test("D5: the same seed loses the same frames of a connection, whatever others do", async () => {
  /** @param {number} seed @param {boolean} [company] */
  const fate = async (seed, company) => {
    const server = serverWith({ loss: 0.05, seed });
    const socket = new server.WebSocket(server.url("room"));
    if (company) new server.WebSocket(server.url("room"));
    let heard = 0;
    /** @param {object} message */
    const say = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () => say({ type: "hello", protocol: 1, client_id: "a".repeat(32) });
    socket.onmessage = () => say({ type: "ping", version: heard++ });
    await new Promise((resolve) => (socket.onclose = resolve));
    return heard;
  };
  const fates = [];
  for (let seed = 0; seed < 20; seed++) fates.push(await fate(seed));
  for (let seed = 0; seed < 20; seed++) assert.equal(await fate(seed, true), fates[seed]);
  assert.ok(new Set(fates).size > 5, `different seeds have different fates: ${fates}`);
});

test("D8: edits made offline wait, and are merged on return", async () => {
  const server = serverWith();
  const ada = member(server, { initial: { items: ["tea"], n: 0 } });
  const grace = member(server, { initial: empty() });
  await server.settled();
  ada.disconnect();
  ada.update((draft) => void draft.items.push("milk"));
  grace.update((draft) => void draft.items.unshift("bread"));
  await server.settled();
  assert.deepEqual(server.document("room"), { items: ["bread", "tea"], n: 0 });
  assert.deepEqual(ada.status.value, { state: "offline", pending: 1, retryAt: null });
  ada.connect();
  await server.settled();
  assert.deepEqual(ada.state.items, ["bread", "tea", "milk"]);
  assert.deepEqual(grace.state, ada.state);
});

test("D8: a pause holds what is on its way, and who comes; a cut ends connections", async () => {
  const server = serverWith();
  const ada = member(server, { initial: empty() });
  const grace = member(server, { initial: empty() });
  await server.settled();
  server.pause();
  ada.update((draft) => void draft.items.push("milk"));
  await rejects(() => server.settled({ timeoutMs: 30 }), /1 frame is on its way; the network is p/);
  assert.deepEqual(grace.state.items, []);
  assert.equal(grace.status.value.state, "connected");
  server.cut();
  assert.equal(ada.status.value.state, "offline");
  assert.equal(ada.status.value.pending, 1);
  await rejects(() => server.settled({ timeoutMs: 30 }), /2 frames are on their way/);
  assert.equal(ada.status.value.state, "connecting");
  server.resume();
  await server.settled();
  assert.deepEqual(grace.state.items, ["milk"]);
});

test("D7: what has lost its connection is waited for until it has come again or has ended", async () => {
  const server = serverWith();
  const connection = { minDelayMs: 60_000, maxDelayMs: 60_000 };
  const ada = member(server, { initial: empty(), connection });
  await server.settled();
  server.cut();
  const text = new RegExp(`within 20 ms: the client ${ada.clientId} of "room" has lost its conn`);
  await rejects(() => server.settled({ timeoutMs: 20 }), text);
  ada.connect();
  await server.settled();
  server.cut();
  ada.dispose();
  await server.settled();
});

test("D9: a restart keeps what was acknowledged", async () => {
  const server = serverWith();
  const ada = member(server, { initial: empty() });
  ada.update((draft) => void draft.items.push("milk"));
  await server.settled();
  ada.update((draft) => void draft.items.push("tea"));
  server.restart();
  assert.deepEqual(server.document("room"), { items: ["milk"], n: 0 });
  assert.equal(ada.status.value.state, "offline");
  await server.settled();
  assert.deepEqual(server.document("room"), { items: ["milk", "tea"], n: 0 });
  assert.equal(server.log("room").length, 3);
});

test("D7, D9: a restart that keeps nothing is a loss of the room, which stores are told", async () => {
  // With latency the client has come again before its old connection is closed.
  const server = serverWith({ latency: 2 });
  /** @type {unknown[]} */
  const errors = [];
  const ada = member(server, {
    initial: empty(),
    onError: ({ code, details }) => errors.push([code, details]),
  });
  ada.update((draft) => void draft.items.push("milk"));
  await server.settled();
  const id = ada.clientId;
  server.restart({ keep: false });
  assert.equal(server.document("room"), undefined);
  ada.update((draft) => void draft.items.push("tea"));
  await server.settled();
  assert.deepEqual(errors, [["storage", { reason: "history-lost" }]]);
  assert.notEqual(ada.clientId, id);
  assert.deepEqual(server.document("room"), ada.state);
  assert.equal(ada.status.value.pending, 0);
});

test("D10: authorize says who may enter, and who may only read", async () => {
  /** @type {(string | undefined)[]} */
  const asked = [];
  const server = serverWith({
    authorize({ room, token, change, clientId }) {
      assert.equal(room, "room");
      assert.match(clientId, /^[0-9a-f]{32}$/);
      if (!change) asked.push(token);
      if (token === "reader") return "read";
      if (token === "stale") return "unauthorized";
      return token === "writer";
    },
  });
  const onError = () => {};
  /** @param {string} [auth] */
  const enter = (auth) => member(server, { initial: empty(), onError, auth });
  const [nobody, stale] = [enter(), enter("stale")];
  const writer = enter("writer");
  await server.settled();
  assert.deepEqual(asked, [undefined, "stale", "writer"]);
  assert.equal(nobody.status.value.state, "failed");
  const { state } = stale.status.value;
  assert.equal(state, "needs-auth");
  stale.setAuth("writer");
  const reader = enter("reader");
  await server.settled();
  assert.equal(stale.status.value.state, "connected");
  const { confirmed } = reader.update((draft) => void (draft.n = 1));
  await assert.rejects(confirmed, { name: "RejectedError", code: "forbidden" });
  assert.equal(reader.status.value.state, "connected");
  writer.update((draft) => void (draft.n = 2));
  await server.settled();
  assert.equal(reader.state.n, 2);
});

test("D10, D21: an answer may say who a client is, and a token may be about to end", async () => {
  const server = serverWith({
    authorize: ({ token }) => ({ user: { name: String(token) }, write: token !== "guest" }),
  });
  /** @type {string[]} */
  const reasons = [];
  const ada = member(server, {
    initial: empty(),
    auth({ reason }) {
      reasons.push(reason);
      return reasons.length > 1 ? "guest" : "ada";
    },
  });
  await server.settled();
  await ada.update((draft) => void (draft.n = 1)).confirmed;
  server.expireTokens();
  await server.settled();
  assert.deepEqual(reasons, ["connect", "expired"]);
  const { confirmed } = ada.update((draft) => void (draft.n = 2));
  await assert.rejects(confirmed, { code: "forbidden" });
});

test("D11: authorize refuses a change, which is rolled back, and those after it stand", async () => {
  const server = serverWith({
    authorize: ({ change }) => !change?.patches.some((op) => JSON.stringify(op).includes("bad")),
  });
  const ada = member(server, { initial: empty() });
  const grace = member(server, { initial: empty() });
  await server.settled();
  /** @type {unknown[]} */
  const rejected = [];
  ada.on("rejected", ({ change, error }) => rejected.push([change.id, error.code]));
  // The first one is on its way at once, and the others follow in one message.
  const [, , bad] = ["one", "two", "bad", "three"].map((word) =>
    ada.update((draft) => void draft.items.push(word)),
  );
  await server.settled();
  assert.deepEqual(rejected, [[bad.id, "rejected"]]);
  assert.deepEqual(ada.state.items, ["one", "two", "three"]);
  assert.deepEqual(grace.state, ada.state);
  assert.deepEqual(server.document("room"), ada.state);
});

test("D20: stores see one another's presence, with the user that authorize has named", async () => {
  const users = new Map([
    ["a", "Ada"],
    ["g", "Grace"],
  ]);
  const server = serverWith({
    latency: 1,
    authorize: ({ token = "" }) => ({ user: { name: users.get(token) ?? "?" } }),
  });
  const ada = member(server, { initial: empty(), auth: "a", presence: { at: 0 } });
  const grace = member(server, { initial: empty(), auth: "g" });
  await server.settled();
  const seen = () => grace.presence.others.map(({ user, presence }) => ({ user, presence }));
  assert.deepEqual(seen(), [{ user: { name: "Ada" }, presence: { at: 0 } }]);
  ada.presence.update({ at: 7 });
  await new Promise((resolve) => {
    grace.presence.subscribe((peers) => {
      if (JSON.stringify(peers).includes('"at":7')) resolve(undefined);
    });
  });
  assert.deepEqual(ada.presence.others, [], "who shows nothing is not shown");
  server.restart();
  assert.deepEqual(grace.presence.others, []);
  await server.settled();
  assert.deepEqual(seen(), [{ user: { name: "Ada" }, presence: { at: 7 } }]);
  ada.dispose();
  await server.settled();
  assert.deepEqual(seen(), []);
  assert.equal(server.log("room").length, 1, "the seed");
});

test("D10: an answer that is none is an error of the test, and nothing is let in", async () => {
  for (const [answer, text] of /** @type {const} */ ([
    [undefined, /authorize answered undefined; the answer is true, false, "read"/],
    [null, /authorize answered null/],
    ["write", /authorize answered write/],
    [Promise.resolve(true), /authorize answered \[object Promise\].*, at once/],
  ])) {
    const host = new Host(1, /** @type {any} */ (() => answer));
    const socket = new TestSocket(host, "ws://localhost/rooms/room");
    // What a frame leads to happens in a microtask, where nobody would catch it.
    assert.throws(() => host.arrived(socket, '{"type":"hello"}'), text);
    assert.equal(host.rooms.size, 0);
    host.dispose();
  }
});

test("options that mean nothing are refused in a sentence", () => {
  for (const [options, text] of /** @type {const} */ ([
    [{ latency: -1 }, /latency is milliseconds/],
    [{ latency: [5, 1] }, /latency is milliseconds/],
    [{ latency: NaN }, /latency is milliseconds/],
    [{ loss: 2 }, /loss is from 0 to 1/],
    [{ seed: 0.5 }, /seed is a whole number/],
  ])) {
    assert.throws(() => testing.createTestServer(/** @type {any} */ (options)), text);
  }
});

test("D13: what is left of a disposed server lets nobody in", async () => {
  const server = serverWith();
  const ada = member(server, { initial: empty(), connection: { minDelayMs: 60_000 } });
  await server.settled();
  server[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
  server.dispose();
  assert.equal(ada.status.value.state, "offline");
  assert.equal(server.document("room"), undefined);
  ada.connect();
  await server.settled();
  assert.equal(ada.status.value.state, "offline");
  assert.equal(ada.state.n, 0, "the store is as it was");
});
