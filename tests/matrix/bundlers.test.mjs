// @ts-check
// B35: the default entry works in every bundler as it comes, in development and production.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { build as esbuild } from "esbuild";
import { build as viteBuild, createServer } from "vite";
import webpack from "webpack";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { APP, html, outcomeOf, serve, startChromium } from "../package/support/pages.mjs";
import { Project } from "../package/support/project.mjs";
import { createApp, start, tool } from "./support/matrix.mjs";

/** @type {Project} */
let project;
/** @type {ServerProcess} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [project, server, browser] = await Promise.all([
    Project.create(),
    ServerProcess.start(),
    startChromium(),
  ]);
  project.write("app.js", APP);
  project.write("index.html", html("/app.js"));
});
after(async () => {
  await browser?.close();
  await server?.kill();
  project?.remove();
});

// Vite sets it and heeds it: a development server must not decide what the next build is.
afterEach(() => {
  delete process.env.NODE_ENV;
});

/**
 * @param {string} origin
 * @param {string} room
 */
function visit(origin, room) {
  const address = `${server.url.replace("http", "ws")}/rooms/${room}`;
  return outcomeOf(browser, `${origin}?room=${encodeURIComponent(address)}`);
}

/**
 * @param {string} folder of the project
 * @param {string} room
 * @param {Project} [of]
 */
async function visitFolder(folder, room, of = project) {
  const files = await serve(of.path(folder));
  try {
    return await visit(files.url, room);
  } finally {
    files.close();
  }
}

test("B35, B4: Vite's development server takes the package, and its development entry", async () => {
  const vite = await createServer({
    root: project.folder,
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, watch: null },
  });
  try {
    await vite.listen();
    const address = /** @type {import("node:net").AddressInfo} */ (vite.httpServer?.address());
    const seen = await visit(`http://127.0.0.1:${address.port}`, "vite-dev");
    assert.equal(seen, "milk frozen");
  } finally {
    await vite.close();
  }
});

test("B35: Vite builds the package", async () => {
  await viteBuild({
    root: project.folder,
    configFile: false,
    logLevel: "error",
    build: { outDir: "vite" },
  });
  assert.equal(await visitFolder("vite", "vite"), "milk plain");
});

test("B35: esbuild bundles the package", async () => {
  await esbuild({
    entryPoints: [project.path("app.js")],
    outfile: project.path("esbuild/app.js"),
    bundle: true,
    minify: true,
    format: "esm",
    logLevel: "error",
  });
  project.write("esbuild/index.html", html("/app.js"));
  assert.equal(await visitFolder("esbuild", "esbuild"), "milk plain");
});

test("B35: webpack bundles the package, in production and in development", async () => {
  for (const [mode, seen] of /** @type {const} */ ([
    ["production", "milk plain"],
    ["development", "milk frozen"],
  ])) {
    const folder = `webpack-${mode}`;
    const compiler = webpack({
      mode,
      context: project.folder,
      entry: "./app.js",
      output: { path: project.path(folder), filename: "app.js" },
      performance: false,
    });
    /** @type {import("webpack").Stats | undefined} */
    const stats = await new Promise((resolve, reject) =>
      compiler?.run((error, result) => (error ? reject(error) : resolve(result))),
    );
    assert.ok(stats);
    assert.equal(stats.toString({ all: false, errors: true, warnings: true }), "");
    project.write(`${folder}/index.html`, html("/app.js"));
    assert.equal(await visitFolder(folder, folder), seen);
  }
});

test("B35: rollup bundles the package", async (t) => {
  const app = await createApp("rollup");
  t.after(() => app.remove());
  app.write("app.js", APP);
  const flags = ["--format", "es", "--dir", "out", "--plugin", "node-resolve"];
  const said = await tool(app, "rollup/dist/bin/rollup", ["app.js", ...flags]);
  assert.ok(!said.includes("(!)"), `it warns: ${said}`);
  app.write("out/index.html", html("/app.js"));
  assert.equal(await visitFolder("out", "rollup", app), "milk plain");
});

test("B35, B4: the Vite before, with its bundler of dependencies, takes the package", async (t) => {
  const app = await createApp("vite");
  t.after(() => app.remove());
  app.write("app.js", APP);
  app.write("index.html", html("/app.js"));
  const vite = "vite/bin/vite.js";
  await tool(app, vite, ["build", "--logLevel", "error"]);
  assert.equal(await visitFolder("dist", "vite-before", app), "milk plain");
  const { child, said } = start(app, vite, ["--host", "127.0.0.1", "--port", "0"]);
  t.after(() => child.kill("SIGKILL"));
  const origin = await until("it says where it listens", () => {
    assert.equal(child.exitCode, null, said.text);
    return /http:\/\/127\.0\.0\.1:\d+/.exec(said.text)?.[0] ?? "";
  });
  assert.equal(await visit(origin, "vite-before-dev"), "milk frozen");
});

test("B35: a page with an import map needs no bundler", async () => {
  const map = { imports: { draftsync: "/node_modules/draftsync/index.js" } };
  project.write(
    "mapped/index.html",
    `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
    <script type="importmap">${JSON.stringify(map)}</script>
    <script type="module" src="/app.js"></script>`,
  );
  const files = await serve(project.folder);
  try {
    assert.equal(await visit(`${files.url}/mapped/index.html`, "mapped"), "milk plain");
  } finally {
    files.close();
  }
});
