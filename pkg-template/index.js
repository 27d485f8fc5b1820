// @ts-check
// The default entry: it carries its wasm.

import { load } from "./inline.js";
import { Store } from "./store.js";

export { DisposedError, RejectedError, SyncedStoreError } from "./errors.js";
export { version } from "./store.js";

/**
 * @template {object} T
 * @extends {Store<T>}
 */
export class SyncedStore extends Store {
  /**
   * @param {string | URL} url
   * @param {import("./index.js").SyncedStoreOptions<T>} options
   */
  constructor(url, options) {
    super(url, options, load, false);
  }
}
