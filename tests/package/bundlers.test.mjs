// @ts-check
// B35: the default entry works in every bundler as it comes, in development and production.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { build as esbuild } from "esbuild";
import { build as viteBuild, createServer } from "vite";
import webpack from "webpack";
import { ServerProcess } from "../e2e/support/server.mjs";
import { APP, html, outcomeOf, serve, startChromium } from "./support/pages.mjs";
import { Project } from "./support/project.mjs";

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
  return outcomeOf(browser, `${origin}/?room=${encodeURIComponent(address)}`);
}

/**
 * @param {string} folder of the project
 * @param {string} room
 */
async function visitFolder(folder, room) {
  const files = await serve(project.path(folder));
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
