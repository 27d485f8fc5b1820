// @ts-check
// A server that is not there, with the sockets of the package ws, whose errors end a process when
// nobody listens for them.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { WebSocket } from "ws";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { production } from "./support/package.mjs";

/** @param {number} port */
function open(port) {
  return new production.SyncedStore(`ws://127.0.0.1:${port}/rooms/unreachable`, {
    initial: { items: /** @type {string[]} */ ([]) },
    autoConnect: true,
    connection: { minDelayMs: 10, maxDelayMs: 100 },
    WebSocket,
    onError: (error) => assert.fail(error),
  });
}

test("B25, B33, C24: a refused connection is offline, and the next attempt finds the server", async (t) => {
  const server = await ServerProcess.start({ engine: "memory" });
  const { port } = server;
  await server.kill();
  const store = open(port);
  t.after(() => store.dispose());
  await until("it was refused", () => store.status.value.state === "offline");
  store.update((draft) => void draft.items.push("waits"));
  const later = await ServerProcess.start({ engine: "memory", port });
  t.after(() => later.kill());
  await store.flush();
  assert.deepEqual(store.state, { items: ["waits"] });
});

test("B30, B31: a store may go while its socket is not open yet", async (t) => {
  const silent = net.createServer();
  t.after(() => silent.close());
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = /** @type {net.AddressInfo} */ (silent.address());
  for (const go of ["disconnect", "dispose"]) {
    const connected = once(silent, "connection");
    const store = open(port);
    t.after(() => store.dispose());
    const [socket] = await connected;
    const closed = once(socket, "close");
    socket.resume();
    assert.equal(store.status.value.state, "connecting");
    if (go === "dispose") store.dispose();
    else store.disconnect();
    // What the socket has to say about it, it has said when it is closed.
    await closed;
    assert.equal(store.status.value.state, go === "dispose" ? "closed" : "offline");
  }
});
