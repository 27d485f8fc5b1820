// @ts-check
// Test servers, and stores that have a room in one; both end with the test.

import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { importFile, production } from "./package.mjs";

/** @typedef {typeof import("../../../pkg-template/testing.js")} Testing */
/** @typedef {import("../../../pkg-template/testing.js").TestServer} TestServer */

/** @type {Testing} */
export const testing = await importFile("testing.js");

/** @type {{ dispose: () => void }[]} */
const open = [];
afterEach(() => {
  for (const thing of open.splice(0).reverse()) thing.dispose();
});

/** @param {import("../../../pkg-template/testing.js").TestServerOptions} [options] */
export function serverWith(options) {
  const server = testing.createTestServer(options);
  open.push(server);
  return server;
}

/**
 * A store that wants a connection to a room of the server.
 * @template {object} T
 * @param {TestServer} server
 * @param {Partial<import("../../../pkg-template/index.js").SyncedStoreOptions<T>> & { initial: T }} options
 * @param {string} [room]
 */
export function member(server, options, room = "room") {
  const store = new production.SyncedStore(server.url(room), {
    WebSocket: server.WebSocket,
    autoConnect: true,
    // A lost connection is made anew at once: these tests are about what happens then.
    connection: { minDelayMs: 0, maxDelayMs: 0 },
    onError: (error) => assert.fail(error),
    ...options,
  });
  open.push(store);
  return store;
}
