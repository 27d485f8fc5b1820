// @ts-check
// The package in pages without a bundler: as files, through `init`, under a content security
// policy, and as the README has it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { inEveryBrowser } from "../e2e/support/browsers.mjs";
import { ServerProcess } from "../e2e/support/server.mjs";
import { newRoom } from "../e2e/support/windows.mjs";
import { pkg, root } from "./support/package.mjs";
import { APP, html, outcomeOf, serve } from "./support/pages.mjs";
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

/** That of a room nobody has been in. */
function address() {
  return `${server.url.replace("http", "ws")}/rooms/${newRoom()}`;
}

/** @param {string} entry */
function appOf(entry) {
  return APP.replace('"draftsync"', `"/node_modules/draftsync/${entry}"`);
}

inEveryBrowser("pages", (browser) => {
  /**
   * Runs a module as a page of the project.
   * @param {string} name
   * @param {string} source
   * @param {Record<string, string>} [headers]
   */
  async function run(name, source, headers) {
    project.write(`${name}.js`, source);
    project.write(`${name}.html`, html(`/${name}.js`));
    const files = await serve(project.folder, headers);
    try {
      return await outcomeOf(
        browser(),
        `${files.url}/${name}.html?room=${encodeURIComponent(address())}`,
      );
    } finally {
      files.close();
    }
  }

  test("B35: a plain module script imports the files", async () => {
    assert.equal(await run("plain", appOf("index.js")), "milk plain");
  });

  test("B4, B35: a plain page can have the development entry", async () => {
    assert.equal(await run("development", appOf("development.js")), "milk frozen");
  });

  test("B35: slim works once init has the address of the wasm", async () => {
    const app = appOf("slim.js").replace("{ SyncedStore }", "{ SyncedStore, init }");
    const source = `${app}await init("/node_modules/draftsync/core.wasm");`;
    assert.equal(await run("slim", source), "milk plain");
  });

  test("B35: a page that says `not found` is not taken for wasm", async () => {
    const source = `import { init } from "/node_modules/draftsync/slim.js";
    init("/nowhere.wasm").catch((error) => (globalThis.outcome = [error.code, error.message]));`;
    const [code, message] = await run("missing", source);
    assert.equal(code, "wasm-load");
    assert.match(
      message,
      /^http:.*\/nowhere\.wasm \(status 404\) is no wasm; give init the address of the file draftsync\/core\.wasm$/,
    );
  });

  test("B32: a policy that forbids wasm makes the status `failed`, and nothing throws", async () => {
    const source = `import { SyncedStore } from "/node_modules/draftsync/index.js";
    const told = [];
    const store = new SyncedStore("ws://127.0.0.1:9/rooms/a", {
      initial: { items: ["initial"] },
      onError: (error) => told.push(error.code),
    });
    let written;
    try { store.update(() => {}); } catch (error) { written = error.code; }
    const { state, error } = store.status.value;
    store.ready.catch(({ code }) => {
      globalThis.outcome = { told, written, state, code, error: error.code, message: error.message, items: store.state.items };
    });`;
    const outcome = await run("strict", source, {
      "content-security-policy": "default-src 'self'; img-src data:",
    });
    assert.deepEqual(outcome, {
      told: ["wasm-load"],
      written: "wasm-load",
      state: "failed",
      code: "wasm-load",
      error: "wasm-load",
      message: "wasm load; not compiled; a content security policy must allow 'wasm-unsafe-eval'",
      items: ["initial"],
    });
  });

  test("B35: a policy with wasm-unsafe-eval is enough", async () => {
    const policy =
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src ws:; img-src data:";
    const outcome = await run("policy", appOf("index.js"), { "content-security-policy": policy });
    assert.equal(outcome, "milk plain");
  });

  test("B6, B26: the first block of the READMEs runs as it stands", async () => {
    for (const [name, file] of [
      ["readme", `${root}README.md`],
      ["package-readme", `${pkg}/README.md`],
    ]) {
      const block = /```js\n([^]*?)```/.exec(readFileSync(file, "utf8"))?.[1] ?? "";
      assert.ok(block.trim().split("\n").length <= 15, `${file}: at most 15 lines`);
      const source = block.replace(/ws:\/\/[^"]*/, address());
      assert.notEqual(source, block, `${file}: it names a room`);
      const result = await build({
        stdin: {
          // Grace may be told of her own first state before.
          contents: `${source}
          const told = () => {
            if (grace.state.items.length > 1) globalThis.outcome = grace.state;
          };
          grace.subscribe(told);
          told();`,
          resolveDir: project.folder,
        },
        bundle: true,
        format: "esm",
        write: false,
      });
      assert.deepEqual(await run(name, result.outputFiles[0].text), {
        items: [
          { text: "bread", done: true },
          { text: "milk", done: false },
        ],
      });
    }
  });
});
