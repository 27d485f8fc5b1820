// @ts-check
// Makes one small module of the glue that wasm-bindgen wrote, with its snippets.
// Called by `cargo xtask pkg` as `node bundle.mjs <entry> <outfile> [<names>]`.
//
// <names> is what wasm-opt printed when it gave the imports and exports of the wasm short names;
// the same names are put into the glue here. wasm-bindgen's names carry a hash each, which no
// compressor can shorten, and which would be shipped twice.
//
// By esbuild's API and not its program: the program is a script or a binary, depending on whether
// npm was allowed to run install scripts.

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { build } from "esbuild";

/** @typedef {{ imports: [module: string, name: string, short: string][], exports: [name: string, short: string][] }} Names */

const [entry, outfile, names] = process.argv.slice(2);
if (!entry || !outfile) throw new Error("usage: node bundle.mjs <entry> <outfile> [<names>]");

let glue = readFileSync(entry, "utf8");
if (names) glue = shorten(glue, JSON.parse(readFileSync(names, "utf8")));
await build({
  stdin: { contents: glue, resolveDir: dirname(entry), sourcefile: "core.js" },
  outfile,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
  // wasm-bindgen names a snippet once for each block of imports from it; the values are the same.
  logOverride: { "duplicate-object-key": "silent" },
});

/**
 * Anything here that does not look as expected is an error: a name that was missed would only be
 * noticed when it is called.
 *
 * @param {string} glue
 * @param {Names} names
 */
function shorten(glue, names) {
  const exports = new Map(names.exports);
  const renamed = glue.replace(/\bwasm\.(\w+)/g, (_, name) => {
    const short = exports.get(name);
    if (!short) throw new Error(`the glue calls ${name}, which the wasm does not export`);
    return `wasm.${short}`;
  });
  return shortenImports(renamed, names.imports);
}

/**
 * wasm-opt puts all imports into one module, called "a".
 *
 * @param {string} glue
 * @param {Names["imports"]} imports
 */
function shortenImports(glue, imports) {
  const start = glue.indexOf("    return {\n        __proto__: null,\n");
  const end = glue.indexOf("    };\n", start);
  if (start < 0 || end < 0) throw new Error("the glue has no object of imports as expected");
  /** The variable that holds each module. @type {Map<string, string>} */
  const modules = new Map();
  for (const [, module, variable] of glue.slice(start, end).matchAll(/"(.+)": (\w+),/g)) {
    modules.set(module, variable);
  }
  let head = glue.slice(0, start);
  let members = "";
  for (const [module, name, short] of imports) {
    const variable = modules.get(module);
    if (!variable) throw new Error(`the glue has no module ${module}`);
    if (variable !== "import0") {
      members += `${short}: ${variable}.${name}, `;
      continue;
    }
    const member = `        ${name}: function(`;
    if (!head.includes(member)) throw new Error(`the glue does not define ${name}`);
    head = head.replace(member, () => `        ${short}: function(`);
  }
  return `${head}    return { a: { ...import0, ${members}} };\n${glue.slice(end + "    };\n".length)}`;
}
