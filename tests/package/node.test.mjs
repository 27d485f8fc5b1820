// @ts-check
// The package in Node: import and require, both entries, with the sockets of the package ws.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ServerProcess } from "../e2e/support/server.mjs";
import { Project } from "./support/project.mjs";

/** @type {Project} */
let project;
/** @type {ServerProcess} */
let server;

before(async () => {
  server = await ServerProcess.start();
  project = await Project.create();
});
after(async () => {
  await server?.kill();
  project?.remove();
});

/** @param {string} room */
function address(room) {
  return JSON.stringify(`${server.url.replace("http", "ws")}/rooms/${room}`);
}

test("B33, B35: Node imports the package", async () => {
  project.write(
    "import.mjs",
    `import { SyncedStore } from "draftsync";
    import { WebSocket } from "ws";
    import { exchange } from "./exchange.js";
    console.log(await exchange(SyncedStore, ${address("import")}, { WebSocket }));`,
  );
  assert.deepEqual(await project.node("import.mjs"), { stdout: "milk plain", stderr: "" });
});

test("B4: Node with the condition `development` has the development entry", async () => {
  project.write(
    "conditions.mjs",
    `import { SyncedStore } from "draftsync";
    import { WebSocket } from "ws";
    import { exchange } from "./exchange.js";
    const make = (url, protocols) => new WebSocket(url, protocols);
    console.log(await exchange(SyncedStore, ${address("conditions")}, { WebSocket: make }));`,
  );
  const { stdout } = await project.node("--conditions=development", "conditions.mjs");
  assert.equal(stdout, "milk frozen");
});

test("B33, B35: Node requires the package", async () => {
  project.write(
    "require.cjs",
    `const { SyncedStore } = require("draftsync");
    const { WebSocket } = require("ws");
    const { exchange } = require("./exchange.js");
    function make(url, protocols) { return new WebSocket(url, protocols); }
    exchange(SyncedStore, ${address("require")}, { WebSocket: make }).then(console.log);`,
  );
  const { stdout } = await project.node("--no-warnings", "require.cjs");
  assert.equal(stdout, "milk plain");
});

test("B35: slim takes bytes, and a compiled module", async () => {
  project.write(
    "slim.mjs",
    `import { readFile } from "node:fs/promises";
    import { createRequire } from "node:module";
    import { SyncedStore, init } from "draftsync/slim";
    import { WebSocket } from "ws";
    import { exchange } from "./exchange.js";
    const bytes = await readFile(createRequire(import.meta.url).resolve("draftsync/core.wasm"));
    await init(process.argv[2] === "bytes" ? bytes : await WebAssembly.compile(bytes));
    await init("a second call does nothing");
    console.log(await exchange(SyncedStore, ${address("slim")} + process.argv[2], { WebSocket }));`,
  );
  assert.equal((await project.node("slim.mjs", "bytes")).stdout, "milk plain");
  assert.equal((await project.node("slim.mjs", "module")).stdout, "milk plain");
});

test("B29: importing does nothing: no wasm, no socket, no timer", async () => {
  project.write(
    "quiet.mjs",
    `const did = [];
    const watch = (object, name) => {
      const original = object[name];
      object[name] = new Proxy(original ?? function () {}, {
        apply: (target, self, args) => (did.push(name), Reflect.apply(target, self, args)),
        construct: (target, args) => (did.push(name), Reflect.construct(target, args)),
      });
    };
    for (const name of ["Module", "Instance", "instantiate", "compile"]) watch(WebAssembly, name);
    for (const name of ["WebSocket", "fetch", "setTimeout", "setInterval", "queueMicrotask"]) {
      watch(globalThis, name);
    }
    const before = Object.keys(globalThis).join();
    const entries = ["draftsync", "draftsync/slim", "draftsync/development", "draftsync/testing"];
    for (const entry of entries) await import(entry);
    console.log(JSON.stringify(did), Object.keys(globalThis).join() === before);`,
  );
  assert.equal((await project.node("quiet.mjs")).stdout, "[] true");
});

test("B30: on a server a store compiles, renders, and opens no socket", async () => {
  project.write(
    "render.mjs",
    `import { SyncedStore } from "draftsync";
    let sockets = 0;
    const store = new SyncedStore("ws://127.0.0.1:9/rooms/a", {
      initial: () => ({ items: ["x"] }),
      WebSocket: () => { sockets += 1; throw new Error("no"); },
    });
    await new Promise(setImmediate);
    console.log(JSON.stringify(store.getServerSnapshot()), sockets, store.status.value.state);`,
  );
  // It ends by itself: nothing keeps the process alive.
  assert.equal((await project.node("render.mjs")).stdout, '{"items":["x"]} 0 offline');
});

test("B35: the package has what it names, and nothing to install beside it", () => {
  const folder = project.path("node_modules/draftsync");
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.sideEffects, false);
  /** @type {string[]} */
  const named = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? entry : Object.values(entry),
  );
  for (const file of [...named, "README.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
    assert.ok(existsSync(`${folder}/${file}`), `${file} is there`);
  }
  assert.ok(!existsSync(`${folder}/core.d.ts`), "what is internal stays away");
});

test("the version that the code says is that of the package", async () => {
  project.write("version.mjs", 'import { version } from "draftsync"; console.log(version);');
  const { stdout } = await project.node("version.mjs");
  const manifest = readFileSync(project.path("node_modules/draftsync/package.json"), "utf8");
  assert.equal(stdout, JSON.parse(manifest).version);
});
