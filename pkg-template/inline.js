// @ts-check
// Brings the wasm that the package carries, when the first store is made and not before.

import { imports, run } from "./core.js";
import text from "./core.text.js";
import { decode } from "./text.js";

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
