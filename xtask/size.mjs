// @ts-check
// Prints the size of the wasm and of what an app ships, raw, gzip and brotli, and fails over the
// budgets of budgets.json. Called by `cargo xtask size` as `node size.mjs <package> <work folder>`.

import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

/** @typedef {{ name: string, raw: number, gzip: number, brotli: number }} Row */

const [pkg, work] = process.argv.slice(2);
if (!pkg || !work) throw new Error("usage: node size.mjs <package folder> <work folder>");

/** @type {{ default: number, slim: number }} */
const budgets = JSON.parse(readFileSync(new URL("budgets.json", import.meta.url), "utf8"));

/** The smallest app for each entry. @type {Record<"default" | "slim" | "persister", string>} */
const apps = {
  default: `import { SyncedStore } from "draftsync";
    globalThis.store = new SyncedStore("wss://example.org/rooms/a", { initial: {} });`,
  slim: `import { SyncedStore, init } from "draftsync/slim";
    await init("/core.wasm");
    globalThis.store = new SyncedStore("wss://example.org/rooms/a", { initial: {} });`,
  persister: `import { indexedDB } from "draftsync/indexeddb";
    globalThis.persist = indexedDB();`,
};

linkPackage();
const wasm = measure("wasm", readFileSync(join(pkg, "core.wasm")));
const { app, journal } = await bundle(apps.default);
if (!journal) throw new Error("the journal is not a file of its own");
const whole = measure("default entry", app);
const wholeJs = measure("default, JS only", withoutWasm(app));
const slimJs = measure("slim, JS only", (await bundle(apps.slim)).app);
const persister = measure("indexeddb", (await bundle(apps.persister)).app);
const kept = add("with persist, more", measure("journal", journal), persister);
// Two files are compressed one by one, as a server does.
const slim = add("slim, JS and wasm", slimJs, wasm);

const rows = [wasm, wholeJs, whole, slimJs, slim, kept];
console.log(line("bytes", "raw", "gzip", "brotli", "budget"));
for (const row of rows) {
  const budget = row === whole ? budgets.default : row === slim ? budgets.slim : "";
  console.log(line(row.name, row.raw, row.gzip, row.brotli, budget));
}
const over = [whole.brotli > budgets.default && "default", slim.brotli > budgets.slim && "slim"];
const names = over.filter(Boolean);
if (names.length > 0) {
  console.error(`over the budget of xtask/budgets.json: ${names.join(", ")}`);
  process.exitCode = 1;
}

/** Lets esbuild find the package by its name and its export conditions, as an app does. */
function linkPackage() {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, "node_modules"), { recursive: true });
  symlinkSync(pkg, join(work, "node_modules/draftsync"), "junction");
}

/**
 * @param {string} source
 * @returns {Promise<{ app: Uint8Array, journal: Uint8Array | undefined }>}
 */
async function bundle(source) {
  const result = await build({
    stdin: { contents: source, resolveDir: work },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["production"],
    define: { "process.env.NODE_ENV": '"production"' },
    // What is imported only when it is used is another file, as every bundler makes it.
    splitting: true,
    outdir: work,
    write: false,
    logLevel: "warning",
  });
  const app = result.outputFiles.find((file) => file.path.endsWith("stdin.js"));
  const chunks = result.outputFiles.filter((file) => file !== app);
  if (!app || chunks.length > 1) throw new Error("an app is one file, and the journal another");
  return { app: app.contents, journal: chunks[0]?.contents };
}

/**
 * The default entry as it would be if its wasm were empty.
 * @param {Uint8Array} bytes
 */
function withoutWasm(bytes) {
  const text = new TextDecoder().decode(bytes);
  const parts = text.split(/(?<=")[^"\\]{20000,}(?=")/);
  if (parts.length !== 2) throw new Error("the default entry has no text of wasm, or two of them");
  return new TextEncoder().encode(parts.join(""));
}

/**
 * @param {string} name
 * @param {Uint8Array} bytes
 * @returns {Row}
 */
function measure(name, bytes) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const gzip = gzipSync(bytes, { level: 9 }).length;
  return { name, raw: bytes.length, gzip, brotli: brotliCompressSync(bytes, { params }).length };
}

/**
 * @param {string} name
 * @param {Row} a
 * @param {Row} b
 * @returns {Row}
 */
function add(name, a, b) {
  const { raw, gzip, brotli } = a;
  return { name, raw: raw + b.raw, gzip: gzip + b.gzip, brotli: brotli + b.brotli };
}

/**
 * @param {string} name
 * @param {...(string | number)} cells
 */
function line(name, ...cells) {
  return name.padEnd(20) + cells.map((cell) => String(cell).padStart(10)).join("");
}
