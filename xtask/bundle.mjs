// @ts-check
// Makes one small module of the glue that wasm-bindgen wrote for bundlers, with its snippets.
// Called by `cargo xtask pkg` as `node bundle.mjs <folder of the glue> <outfile>`.
//
// The module exports the class, the imports of the wasm, and `run`, which takes an instance: how
// the wasm is brought and compiled is told once, in the entries of the package, and not here too.
//
// What is rewritten here must look as expected, else it is an error: a name that was missed would
// only be noticed when it is called.
//
// By esbuild's API and not its program: the program is a script or a binary, depending on whether
// npm was allowed to run install scripts.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** @typedef {{ imports: [module: string, name: string, short: string][], exports: [name: string, short: string][] }} Names */

const [folder = "", outfile] = process.argv.slice(2);
if (!outfile) throw new Error("usage: node bundle.mjs <folder of the glue> <outfile>");

const GLUE = "./core_bg.js";

/** What takes the place of what, in the glue. @type {[what: RegExp, by: string][]} */
const REPLACED = [
  // The package has `Symbol.dispose` on the store, not on the core.
  [/^if \(Symbol\.dispose\) .*\n/m, ""],
  // The wasm holds the store's listener, so a core that was not freed is never collected.
  [/^const \w+Finalization = [^;]*;\n/m, ""],
  [/^ *\w+Finalization\.unregister\(this\);\n/m, ""],
  [/^ *\w+Finalization\.register\(.*\);\n/m, ""],
  // The wasm has a table of JS values (Chromium 96, Firefox 79, Safari 15), and where engines have
  // those they have this.
  [/^if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n[^]*?\n\}\n/m, ""],
  [/^    if \(realloc === undefined\) \{\n[^]*?\n    \}\n/m, ""],
  [
    /^let cachedDataViewMemory0 = [^]*?\n\}\n/m,
    `let view;
function getDataViewMemory0() {
  return view?.buffer === wasm.memory.buffer ? view : (view = new DataView(wasm.memory.buffer));
}
`,
  ],
  // Safari has decoders that fail after 2 GiB.
  [
    /^let cachedTextDecoder = [^]*?\n\}\n/m,
    `let decoder;
let left = 0;
function decodeText(bytes) {
  left -= bytes.length;
  if (left < 0) {
    left = 2e9;
    decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }
  return decoder.decode(bytes);
}
`,
  ],
  // Most texts are paths and names, and calling the decoder takes longer than reading them.
  [
    /^function getStringFromWasm0\([^]*?\n\}\n/m,
    `function getStringFromWasm0(start, length) {
  start >>>= 0;
  const memory = getUint8ArrayMemory0();
  if (length < 64) {
    const units = [];
    let all = 0;
    for (let i = 0; i < length; i++) all |= units[i] = memory[start + i];
    if (all < 128) return String.fromCharCode(...units);
  }
  return decodeText(memory.subarray(start, start + length));
}
`,
  ],
  [
    /^function handleError\([^]*?\n\}\n/m,
    `const caught = (act) => (...args) => {
  try {
    return act(...args);
  } catch (error) {
    wasm.__wbindgen_exn_store(addToExternrefTable0(error));
  }
};
`,
  ],
];

/**
 * Members of objects that nothing but the recorder or the tree sees (`state.js`, `compare.js` and
 * `tree.js` say what they are): they get short names, as variables do.
 */
const PRIVATE = [
  ["owned", "edited"],
  ["scope", "live", "writes", "made", "sieved"],
  ["base", "copy", "fresh", "proxy", "first", "home", "end", "kids", "head", "tail"],
  ["shuffled", "given", "whole", "was", "move", "slots", "left", "order", "pair", "done"],
  ["stop", "source", "fate", "placed", "busy", "gain", "next", "gap", "tree"],
  ["banned", "states", "gone", "lent", "moves", "came", "failed", "used", "undo", "owners"],
];

const names = namesIn(folder);
await build({
  stdin: { contents: core(), resolveDir: folder, sourcefile: "core.js" },
  outfile,
  bundle: true,
  minify: true,
  // Where the imports of the wasm kept their names, one of them may be called the same.
  mangleProps: names && new RegExp(`^(${PRIVATE.flat().join("|")})$`),
  format: "esm",
  target: "es2022",
  logLevel: "warning",
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

/** The source of the module. */
function core() {
  let glue = readFileSync(join(folder, GLUE), "utf8");
  for (const [what, by] of REPLACED) {
    if (!what.test(glue)) throw new Error(`the glue has nothing that looks like ${what}`);
    glue = glue.replace(what, () => by);
  }
  const shared = PRIVATE.flat().find((name) =>
    new RegExp(`^    (get )?${name}\\(`, "m").test(glue),
  );
  if (shared) throw new Error(`${shared} is no private name: the core has a member called so`);
  const { functions, rest } = taken(glue);
  let head = "";
  /** @type {Map<string, string>} */
  const modules = new Map();
  for (const [index, { from, name, module, short }] of wanted().entries()) {
    let value = `i${index}`;
    if (from !== GLUE) head += `import { ${name} as ${value} } from ${JSON.stringify(from)};\n`;
    else value = functions.get(name) ?? missing(name);
    modules.set(module, `${modules.get(module) ?? ""}  ${short}: ${value},\n`);
  }
  const members = [...modules].map(([module, list]) => `${JSON.stringify(module)}: {\n${list}}`);
  return `${head}${rest}
export const imports = { ${members.join(", ")} };
export function run({ exports }) {
  // Two entries may each bring the wasm; the classes of the first one are in use.
  if (wasm) return;
  wasm = exports;
  wasm.__wbindgen_start();
}
`.replace(/\bwasm\.(_?\w+)/g, (_, name) => `wasm.${exportOf(name)}`);
}

/** What the wasm imports: a name of a module, which is a name of a module there. */
function wanted() {
  if (names)
    return names.imports.map(([from, name, short]) => ({ from, name, module: "a", short }));
  const wasm = new WebAssembly.Module(readFileSync(join(folder, "core_bg.wasm")));
  const all = WebAssembly.Module.imports(wasm);
  return all.map(({ module, name }) => ({ from: module, name, module, short: name }));
}

/**
 * Takes what the wasm imports out of the glue, as expressions, which are shorter than functions
 * with a name each.
 *
 * @param {string} glue
 */
function taken(glue) {
  /** @type {Map<string, string>} */
  const functions = new Map();
  const plain = /^export function (\w+)\(([^)]*)\) \{\n([^]*?)\n\}\n/gm;
  const catching =
    /^export function (\w+)\(\) \{ return handleError\(function \(([^)]*)\) \{\n([^]*?)\n\}, arguments\); \}\n/gm;
  let rest = glue.replace(catching, (_, name, args, body) => {
    functions.set(name, `caught((${args}) => {\n${body}\n})`);
    return "";
  });
  rest = rest.replace(plain, (_, name, args, body) => {
    if (/\b(this|arguments)\b/.test(body)) throw new Error(`${name} is more than an expression`);
    functions.set(name, `(${args}) => {\n${body}\n}`);
    return "";
  });
  return { functions, rest };
}

/** @param {string} name of an export of the wasm, as the glue has it */
function exportOf(name) {
  if (!names) return name;
  return names.exports.find(([long]) => long === name)?.[1] ?? missing(name);
}

/** @param {string} name @returns {never} */
function missing(name) {
  throw new Error(`wasm and glue do not agree: one of them has no ${name}`);
}
