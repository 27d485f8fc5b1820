export * from "./index.js";

/** Where the wasm of `draftsync/slim` comes from. */
export type WasmSource =
  string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module;

/**
 * Brings the wasm: the address of the file `draftsync/core.wasm`, its bytes, a compiled module, or a response.
 *
 * Stores that are made before have the status `loading` until it is there.
 * A second call does nothing, unless the first one failed.
 *
 * @throws {@link SyncedStoreError} with `wasm-load` where this is no wasm or it cannot be compiled.
 */
export function init(source: WasmSource): Promise<void>;
