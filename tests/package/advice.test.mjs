// @ts-check
// What developers are told whose store does not get into its room, and of other mistakes that are
// common and are made outside the store.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { inEveryBrowser } from "../e2e/support/browsers.mjs";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { development, offline, production, thrownBy } from "./support/package.mjs";
import { html, outcomeOf, serve } from "./support/pages.mjs";
import { Project } from "./support/project.mjs";

const MORE = "The store goes on trying; see draftsync/docs/errors.md#no-connection";

/** @type {Project} */
let project;
/** @type {ServerProcess} */
let server;

before(async () => {
  project = await Project.create();
  const secret = project.path("secret");
  writeFileSync(secret, "a secret of more than thirty-two bytes");
  // With a key, no page is let in whose origin is not named, not even those of this machine.
  server = await ServerProcess.start({ flags: ["--auth-secret-file", secret] });
});
after(async () => {
  await server?.kill();
  project?.remove();
});

/** A port that nothing listens at. */
async function freePort() {
  const taken = http.createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (taken.address());
  taken.close();
  await once(taken, "close");
  return port;
}

inEveryBrowser("advice", (browser) => {
  /**
   * What a store in a page is told in the console, and how often.
   * @param {string} room an address, or a relative one
   */
  async function warned(room) {
    const source = `import { SyncedStore } from "/node_modules/draftsync/development.js";
    const said = [];
    console.warn = (text) => said.push(text);
    const connection = { minDelayMs: 1, maxDelayMs: 1 };
    const store = new SyncedStore(${JSON.stringify(room)}, { initial: {}, connection });
    store.status.subscribe(({ attempt }) => {
      // A later attempt has failed too, and that is not told again.
      if (attempt >= 3 && said.length > 0) globalThis.outcome = { said, origin: location.origin };
    });`;
    project.write("advice.js", source);
    project.write("index.html", html("/advice.js"));
    const files = await serve(project.folder);
    try {
      return await outcomeOf(browser(), files.url);
    } finally {
      files.close();
    }
  }

  test("B52: a page whose server is not running is told so, once", async () => {
    const port = await freePort();
    const { said } = await warned(`ws://127.0.0.1:${port}/rooms/a`);
    const why = `nothing answers at http://127.0.0.1:${port}; start draftsync-server there, or mend the address`;
    assert.deepEqual(said, [`draftsync: ${why}. ${MORE}`]);
  });

  test("B52, S2: a page whose origin is refused is told so", async () => {
    const { said, origin } = await warned(`ws://127.0.0.1:${server.port}/rooms/a`);
    const why = `${server.url} answers, but opens no room for pages of ${origin}; if it is a draftsync-server start it with --allow-origin ${origin}, else mend the address`;
    assert.deepEqual(said, [`draftsync: ${why}. ${MORE}`]);
  });

  test("B52: a page whose address leads to another server is told so", async () => {
    const { said, origin } = await warned("/rooms/a");
    const why = `${origin} is no draftsync-server; mend the address, where a relative one means the server that the page came from`;
    assert.deepEqual(said, [`draftsync: ${why}. ${MORE}`]);
  });
});

test("B52: production says nothing, nor a store that is silent or has sockets of the app's own", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const asked = t.mock.method(globalThis, "fetch", () => assert.fail("nothing is asked"));
  const url = `ws://127.0.0.1:${await freePort()}/rooms/a`;
  const connection = { minDelayMs: 1, maxDelayMs: 1 };
  const socket = /** @type {any} */ (WebSocket);
  /** @type {[typeof production, object][]} */
  const quiet = [
    [production, {}],
    [development, { WebSocket: socket }],
    [development, { logLevel: "silent" }],
  ];
  const given = globalThis.WebSocket;
  t.after(() => Object.assign(globalThis, { WebSocket: given }));
  Object.assign(globalThis, { WebSocket: socket });
  for (const [entry, options] of quiet) {
    const store = new entry.SyncedStore(url, { initial: {}, connection, ...options });
    store.connect();
    await until("some attempts have failed", () => {
      const status = store.status.value;
      return status.state === "connecting" && status.attempt > 3;
    });
    store.dispose();
  }
  assert.equal(warn.mock.callCount() + asked.mock.callCount(), 0);
});

test("B27: an address that names no room says how to write one, in development too", () => {
  const make = () => new development.SyncedStore("localhost:7700/room", { initial: {} });
  assert.equal(
    thrownBy(make).message,
    '"localhost:7700/room" names no room; write ws://host/rooms/name, with a name of letters, digits and . _ ~ -',
  );
});

test("B4: in development the engine throws when a snapshot is edited", () => {
  const { store } = offline({ title: "a", todos: ["milk"] }, development);
  const state = /** @type {any} */ (store.state);
  for (const [act, message] of /** @type {[() => void, string][]} */ ([
    [() => state.todos.push("tea"), "Cannot add property 1, object is not extensible"],
    [
      () => (state.title = "b"),
      "Cannot assign to read only property 'title' of object '#<Object>'",
    ],
  ])) {
    const error = thrownBy(act);
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, message);
  }
});
