// @ts-check
// Brings the wasm that the app gives to `init`.

import { imports, run } from "./core.js";
import { SyncedStoreError } from "./errors.js";

/** @typedef {import("./slim.js").WasmSource} WasmSource */

/** @type {true | Promise<true> | undefined} */
let loaded;
/** Stores that were made before `init` wait for it. @type {((value: Promise<true>) => void)[]} */
let waiting = [];

/** @returns {true | Promise<true>} */
export function load() {
  return loaded ?? new Promise((resolve) => waiting.push(resolve));
}

/** @param {WasmSource} source */
export async function init(source) {
  loaded ??= bring(source).then(() => (loaded = true));
  try {
    await loaded;
  } catch (error) {
    // Another attempt may have a better source; stores that wait go on waiting for it.
    loaded = undefined;
    throw error;
  }
  for (const resolve of waiting.splice(0)) resolve(Promise.resolve(true));
}

/** @param {WasmSource} source */
async function bring(source) {
  try {
    run(await WebAssembly.instantiate(await compiled(await source), imports));
  } catch (error) {
    if (error instanceof SyncedStoreError) throw error;
    throw new SyncedStoreError("wasm-load", undefined, { cause: error });
  }
}

/** @param {Awaited<WasmSource>} source */
async function compiled(source) {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source))
    return compile(source, "the bytes");
  const response = source instanceof Response ? source : await fetch(source);
  return compile(await response.arrayBuffer(), `${response.url} (status ${response.status})`);
}

/**
 * A page that says "not found" must not reach the compiler, whose complaint helps nobody.
 * @param {BufferSource} bytes
 * @param {string} name
 */
function compile(bytes, name) {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  if (String.fromCharCode(...view.subarray(0, 4)) === "\0asm") return WebAssembly.compile(bytes);
  throw new SyncedStoreError(
    "wasm-load",
    `${name} is no wasm; give init the address of the file draftsync/core.wasm`,
  );
}
