// @ts-check
// A server that takes less in a message than a store can write: nothing is offered for ever.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { WebSocket } from "ws";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { production } from "./support/package.mjs";

/** @typedef {{ small: number, [text: string]: string | number }} Board */
/** @typedef {import("../../pkg-template/index.js").SyncedStore<Board>} Store */

/** @type {ServerProcess} */
let server;
/** @type {Store[]} */
const stores = [];

before(async () => {
  server = await ServerProcess.start({
    engine: "memory",
    flags: ["--message-bytes-max", "4096"],
  });
});
afterEach(() => {
  for (const store of stores.splice(0)) store.dispose();
});
after(() => server?.kill());

/**
 * A store, its sockets counted.
 * @param {string} room
 * @param {(socket: WebSocket) => void} [bend] makes the socket a liar
 */
function open(room, bend = () => {}) {
  const seen = { sockets: 0 };
  /** @param {string} url @param {string[]} protocols */
  const make = (url, protocols) => {
    seen.sockets += 1;
    const socket = new WebSocket(url, protocols);
    bend(socket);
    return socket;
  };
  const store = new production.SyncedStore(`${server.url.replace("http", "ws")}/rooms/${room}`, {
    initial: /** @type {Board} */ ({ small: 0 }),
    autoConnect: false,
    connection: { minDelayMs: 10, maxDelayMs: 100 },
    WebSocket: /** @type {any} */ (make),
    onError: (error) => assert.equal(error.code, "too-large"),
  });
  stores.push(store);
  return { store, seen };
}

test("C39: what was written before the first welcome is rejected, and the others are taken", async () => {
  const { store, seen } = open("before");
  const changes = ["a", "large", "b", "huge", "c"].map((key) =>
    store.update((draft) => {
      draft[key] = "x".repeat(key === "large" ? 5_000 : key === "huge" ? 500_000 : 1_000);
    }),
  );
  store.connect();
  const ends = await Promise.allSettled(changes.map(({ confirmed }) => confirmed));
  assert.deepEqual(
    ends.map((end) => (end.status === "rejected" ? end.reason.code : end.status)),
    ["fulfilled", "too-large", "fulfilled", "too-large", "fulfilled"],
  );
  assert.deepEqual(Object.keys(store.state), ["small", "a", "b", "c"]);
  assert.equal(seen.sockets, 1);
});

test("C40: a welcome that promises too much is not believed for ever", async () => {
  const { store, seen } = open("boasting", (socket) => {
    Object.defineProperty(socket, "onmessage", {
      /** @param {((event: { data: string }) => void) | null} listener */
      set(listener) {
        socket.removeAllListeners("message");
        socket.on("message", (data) =>
          listener?.({ data: String(data).replace('"message_bytes_max":4096', "$&00") }),
        );
      },
    });
  });
  store.connect();
  await store.ready;
  const changes = Array.from({ length: 20 }, (_, n) =>
    store.update((draft) => {
      draft[`k${n}`] = "x".repeat(n === 7 ? 6_000 : 500);
    }),
  );
  const ends = await Promise.allSettled(changes.map(({ confirmed }) => confirmed));
  const refused = ends.flatMap((end, n) => (end.status === "rejected" ? [n] : []));
  assert.deepEqual(refused, [7]);
  assert.ok(seen.sockets < 10, `${seen.sockets} sockets`);
  const other = open("boasting").store;
  other.connect();
  await until("somebody else sees the nineteen", () => Object.keys(other.state).length === 20);
});
