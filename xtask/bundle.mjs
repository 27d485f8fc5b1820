// @ts-check
// Makes one small module of the glue that wasm-bindgen wrote for bundlers, with its snippets.
// Called by `cargo xtask pkg` as `node bundle.mjs <folder of the glue> <outfile>`.
//
// The module exports the class, the imports of the wasm, and `run`, which takes an instance: how
// the wasm is brought and compiled is told once, in the entries of the package, and not here too.
//
// By esbuild's API and not its program: the program is a script or a binary, depending on whether
// npm was allowed to run install scripts.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** @typedef {{ imports: [module: string, name: string, short: string][], exports: [name: string, short: string][] }} Names */

const [folder, outfile] = process.argv.slice(2);
if (!folder || !outfile) throw new Error("usage: node bundle.mjs <folder of the glue> <outfile>");

const GLUE = "./core_bg.js";
const names = namesIn(folder);
await build({
  stdin: { contents: core(), resolveDir: folder, sourcefile: "core.js" },
  outfile,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
  plugins: [
    {
      name: "glue",
      setup({ onLoad }) {
        onLoad({ filter: /[\\/]core_bg\.js$/ }, ({ path }) => ({
          contents: lean(withShortNames(readFileSync(path, "utf8"))),
        }));
      },
    },
  ],
});

/**
 * What wasm-opt printed when it gave the imports and exports of the wasm short names, put all
 * imports into one module and called that "a": wasm-bindgen's names carry a hash each, which no
 * compressor can shorten, and which would be shipped twice. Undefined where they were left alone.
 *
 * @param {string} folder
 * @returns {Names | undefined}
 */
function namesIn(folder) {
  const file = join(folder, "names.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** The source of the module: for each import of the wasm, what it is in the glue or a snippet. */
function core() {
  const wasm = new WebAssembly.Module(
    readFileSync(join(/** @type {string} */ (folder), "core_bg.wasm")),
  );
  const wanted = names
    ? names.imports.map(([from, name, short]) => ({ from, name, module: "a", short }))
    : WebAssembly.Module.imports(wasm).map(({ module, name }) => ({
        from: module,
        name,
        module,
        short: name,
      }));
  const start = exportOf("__wbindgen_start");
  let head = "";
  /** @type {Map<string, string>} */
  const modules = new Map();
  for (const [index, { from, name, module, short }] of wanted.entries()) {
    head += `import { ${name} as i${index} } from ${JSON.stringify(from)};\n`;
    modules.set(module, `${modules.get(module) ?? ""}${short}: i${index}, `);
  }
  const members = [...modules].map(([module, list]) => `${JSON.stringify(module)}: { ${list}}`);
  return `${head}import { __wbg_set_wasm } from "${GLUE}";
export { SyncedStore } from "${GLUE}";
export const imports = { ${members.join(", ")} };
let running = false;
export function run({ exports }) {
  // Two entries may each bring the wasm; the classes of the first one are in use.
  if (running) return;
  running = true;
  __wbg_set_wasm(exports);
  exports.${start}();
}
`;
}

/** @param {string} name of an export of the wasm, as the glue has it */
function exportOf(name) {
  if (!names) return name;
  const short = names.exports.find(([long]) => long === name)?.[1];
  // A name that was missed would only be noticed when it is called.
  if (!short) throw new Error(`the glue calls ${name}, which the wasm does not export`);
  return short;
}

/** @param {string} glue */
function withShortNames(glue) {
  return glue.replace(/\bwasm\.(\w+)/g, (_, name) => `wasm.${exportOf(name)}`);
}

/**
 * Takes out of the glue what no engine needs that runs this wasm at all.
 *
 * The wasm holds JS values in a table (reference types: Chromium 96, Firefox 79, Safari 15), and
 * where that is there, `encodeInto` is there. The package itself has `Symbol.dispose`, and it is
 * the store that is freed.
 *
 * @param {string} glue
 */
function lean(glue) {
  const cuts = [
    /if \(Symbol\.dispose\) .*\n/,
    /if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n(.*\n)*?\}\n/,
    /    if \(realloc === undefined\) \{\n(.*\n)*?    \}\n/,
  ];
  for (const cut of cuts) {
    if (!cut.test(glue)) throw new Error(`the glue has nothing that looks like ${cut}`);
    glue = glue.replace(cut, "");
  }
  return glue;
}
