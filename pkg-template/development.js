// @ts-check
// The default entry for development: it freezes what it hands out, checks itself,
// and says what is wrong in whole sentences.

import { advise } from "./advice.js";
import { explain } from "./errors.js";
import { load } from "./inline.js";
import { SENTENCES } from "./sentences.js";
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
    explain(SENTENCES);
    super(url, options, load, true);
    advise(this, url, options);
  }
}
