// @ts-check
// Brings the wasm that the package carries, when the first store is made and not before.

import { imports, run } from "./core.js";
import text from "./core.text.js";

/** @type {true | Promise<true> | undefined} */
let loaded;

/**
 * Starts the core. `true`: it runs. Throws, or rejects, where wasm cannot be compiled.
 * @returns {true | Promise<true>}
 */
export function load() {
  if (loaded) return loaded;
  const bytes = decode(text);
  try {
    run(new WebAssembly.Instance(new WebAssembly.Module(bytes), imports));
    loaded = true;
  } catch (error) {
    // Chromium before 114 compiles no more than 4 kB on the main thread unless it may take its time.
    if (!(error instanceof RangeError)) throw error;
    loaded = WebAssembly.instantiate(bytes, imports).then(({ instance }) => {
      run(instance);
      return (loaded = true);
    });
    loaded.catch(() => (loaded = undefined));
  }
  return loaded;
}

/**
 * A character is a byte, 43 above it; each space before it adds 86 to the byte, and each `!` twice
 * that. Bytes above 255 begin at 0 again.
 * @param {string} text
 */
function decode(text) {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let more = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 33) {
      bytes[length++] = code - 43 + more;
      more = 0;
    } else more += (code - 31) * 86;
  }
  return bytes.subarray(0, length);
}
