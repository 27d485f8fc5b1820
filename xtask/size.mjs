// @ts-check
// Prints the size of the wasm and of what an app ships, raw, gzip and brotli, beside the budgets
// and ceilings of budgets.json, and fails over a budget. With --ceilings it fails only over a
// ceiling: that is for tests, which hold what has been reached as long as a budget is not met.
// Called by `cargo xtask size` as `node size.mjs <package> <work folder> [--ceilings]`.

import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

/** @typedef {{ name: string, raw: number, gzip: number, brotli: number }} Row */
/** What a row should be, and what it must not grow beyond before it is. @typedef {{ budget: number, ceiling: number }} Limits */

const args = process.argv.slice(2);
const [pkg, work] = args.filter((arg) => !arg.startsWith("--")).map((path) => resolve(path));
if (!pkg || !work) throw new Error("usage: node size.mjs <package> <work folder> [--ceilings]");

/** @type {{ rows: Record<string, Limits> }} */
const { rows: limits } = JSON.parse(readFileSync(new URL("budgets.json", import.meta.url), "utf8"));
/** @type {{ exports: Record<string, unknown>, peerDependencies?: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));

/** The smallest app for each entry that stands alone. */
const APPS = {
  default: `import { SyncedStore } from "draftsync";
    globalThis.store = new SyncedStore("wss://example.org/rooms/a", { initial: {} });`,
  slim: `import { SyncedStore, init } from "draftsync/slim";
    await init("/core.wasm");
    globalThis.store = new SyncedStore("wss://example.org/rooms/a", { initial: {} });`,
};
/** Entries that stand alone, are for development, or are no code. */
const NO_ADDITIONS = [".", "./slim", "./development", "./core.wasm", "./package.json"];

linkPackage();
const rows = [...(await entries()), ...(await additions())];
const said = rows.map(verdict).filter((words) => words !== "");
console.log(line("bytes", "raw", "gzip", "brotli", "budget", "ceiling"));
for (const { name, raw, gzip, brotli } of rows) {
  const { budget = "", ceiling = "" } = limits[name] ?? {};
  console.log(line(name, raw, gzip, brotli, budget, ceiling));
}
for (const words of said) console.log(words);

/** What an app ships that uses nothing but an entry, whole and in parts. @returns {Promise<Row[]>} */
async function entries() {
  const wasm = measure("wasm", readFileSync(join(pkg, "core.wasm")));
  const app = (await bundle({ app: APPS.default })).own("app");
  const slim = measure("slim, JS only", (await bundle({ app: APPS.slim })).own("app"));
  return [
    wasm,
    measure("default, JS only", withoutWasm(app)),
    measure("default", app),
    slim,
    // Two files are compressed one by one, as a server does.
    add("slim", slim, wasm),
  ];
}

/** What the other entries add to an app that has the default one. @returns {Promise<Row[]>} */
async function additions() {
  const found = [];
  for (const path of Object.keys(manifest.exports)) {
    if (NO_ADDITIONS.includes(path)) continue;
    const name = path.slice(2);
    const entry = `export * from "draftsync/${name}";`;
    const made = await bundle({ app: APPS.default, entry });
    found.push(measure(name, made.own("entry", "app")));
    // Whoever keeps a copy loads this too, which the default entry has in a file of its own.
    if (name === "indexeddb") found.push(measure("journal", made.later("app")));
  }
  return found;
}

/** What is to be said of a row; it makes the run fail where that is so. @param {Row} row */
function verdict({ name, brotli }) {
  const found = limits[name];
  if (!found) {
    // The parts of an entry are limited with the whole.
    if (name.includes(",")) return "";
    process.exitCode = 1;
    return `${name} has no budget in xtask/budgets.json; give it one`;
  }
  const { budget, ceiling } = found;
  if (brotli > ceiling) {
    process.exitCode = 1;
    return `${name} is over its ceiling by ${brotli - ceiling}: make it smaller, or raise the ceiling in xtask/budgets.json and say in the commit what the bytes are for`;
  }
  if (brotli <= budget) return "";
  if (!args.includes("--ceilings")) process.exitCode = 1;
  return `${name} is over its budget by ${brotli - budget}`;
}

/** Lets esbuild find the package by its name and its export conditions, as an app does. */
function linkPackage() {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, "node_modules"), { recursive: true });
  symlinkSync(pkg, join(work, "node_modules/draftsync"), "junction");
}

/**
 * Bundles apps, or parts of one, together, so that what they share is known.
 * @param {Record<string, string>} sources by name
 */
async function bundle(sources) {
  const peers = Object.keys(manifest.peerDependencies ?? {});
  const { outputFiles, metafile } = await build({
    entryPoints: Object.keys(sources).map((name) => ({ in: `source:${name}`, out: name })),
    plugins: [
      {
        name: "sources",
        setup(bundler) {
          bundler.onResolve({ filter: /^source:/ }, ({ path }) => ({ path, namespace: "source" }));
          bundler.onLoad({ filter: /.*/, namespace: "source" }, ({ path }) => ({
            contents: sources[path.slice("source:".length)] ?? "",
            resolveDir: work,
          }));
        },
      },
    ],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["production"],
    define: { "process.env.NODE_ENV": '"production"' },
    // The app has the frameworks anyway.
    external: peers.flatMap((peer) => [peer, `${peer}/*`]),
    // What is imported only when it is used is another file, as every bundler makes it.
    splitting: true,
    outdir: work,
    absWorkingDir: work,
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  /** What is loaded with a file, or ever; itself too. @param {string} file @param {boolean} ever */
  const reached = (file, ever) => {
    const all = new Set([file]);
    for (const next of all) {
      for (const { path, kind, external } of metafile.outputs[next]?.imports ?? []) {
        if (!external && (ever || kind !== "dynamic-import")) all.add(path);
      }
    }
    return all;
  };
  /** The files of a set, one after the other. @param {Set<string>} files */
  const bytes = (files) => {
    const found = outputFiles.filter(({ path }) => files.has(basename(path)));
    return Buffer.concat(found.map(({ contents }) => contents));
  };
  return {
    /** What is loaded with one of them and not with another. @param {string} name @param {string} [other] */
    own: (name, other) => {
      const known = other ? reached(`${other}.js`, true) : new Set();
      return bytes(without(reached(`${name}.js`, false), known));
    },
    /** What is loaded later. @param {string} name */
    later: (name) => bytes(without(reached(`${name}.js`, true), reached(`${name}.js`, false))),
  };
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
  if (bytes.length === 0) throw new Error(`${name} is empty`);
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
  return name.padEnd(18) + cells.map((cell) => String(cell).padStart(10)).join("");
}

/**
 * @param {Set<string>} all
 * @param {Set<string>} some
 */
function without(all, some) {
  return new Set([...all].filter((one) => !some.has(one)));
}
