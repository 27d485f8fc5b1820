// @ts-check
// draftsync/testing as apps have it: imported, required, bundled for a page; and in no app that
// does not ask for it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { html, outcomeOf, serve, startChromium } from "./support/pages.mjs";
import { Project } from "./support/project.mjs";

/** Opens two stores through `exchange`, and leaves the server as it is: nothing is to hold it. */
const EXCHANGE = `const server = createTestServer({ latency: 1 });
exchange(SyncedStore, server.url("app"), { WebSocket: server.WebSocket })`;

/** @type {Project} */
let project;

before(async () => {
  project = await Project.create();
});
after(() => project?.remove());

test("D1, D13: Node imports it, and the process ends by itself", async () => {
  project.write(
    "import.mjs",
    `import { SyncedStore } from "draftsync";
    import { createTestServer } from "draftsync/testing";
    import { exchange } from "./exchange.js";
    ${EXCHANGE}.then(console.log);`,
  );
  assert.deepEqual(await project.node("import.mjs"), { stdout: "milk plain", stderr: "" });
});

test("D1, D13: Node requires it", async () => {
  project.write(
    "require.cjs",
    `const { SyncedStore } = require("draftsync");
    const { createTestServer } = require("draftsync/testing");
    const { exchange } = require("./exchange.js");
    ${EXCHANGE}.then(console.log);`,
  );
  assert.equal((await project.node("--no-warnings", "require.cjs")).stdout, "milk plain");
});

test("D1: a bundler takes it, and it works in a page", async () => {
  project.write(
    "app.js",
    `import { SyncedStore } from "draftsync";
    import { createTestServer } from "draftsync/testing";
    import { exchange } from "./exchange.js";
    ${EXCHANGE}.then(
      (seen) => (globalThis.outcome = seen),
      (error) => (globalThis.outcome = "failed: " + error.stack),
    );`,
  );
  await bundle("app.js", "page/app.js");
  project.write("page/index.html", html("/app.js"));
  const [browser, files] = await Promise.all([startChromium(), serve(project.path("page"))]);
  try {
    assert.equal(await outcomeOf(browser, `${files.url}/`), "milk plain");
  } finally {
    files.close();
    await browser.close();
  }
});

test("D14: no other entry carries any of it", async () => {
  for (const entry of ["draftsync", "draftsync/slim", "draftsync/development"]) {
    project.write("other.js", `export * from "${entry}";`);
    const inputs = await bundle("other.js", "other/app.js");
    assert.ok(inputs.some((input) => input.endsWith("/store.js")));
    assert.deepEqual(
      inputs.filter((input) => input.includes("testing")),
      [],
    );
  }
});

/**
 * Bundles a file of the project, and returns the files that went into it.
 * @param {string} entry
 * @param {string} outfile
 */
async function bundle(entry, outfile) {
  const { metafile } = await build({
    absWorkingDir: project.folder,
    entryPoints: [project.path(entry)],
    outfile: project.path(outfile),
    bundle: true,
    minify: true,
    format: "esm",
    metafile: true,
    logLevel: "error",
  });
  return Object.keys(metafile.inputs);
}
