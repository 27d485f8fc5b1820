// @ts-check

import { Later } from "./later.js";

/** Those who wait until nothing is pending. */
export class Flushes {
  /** @type {Set<Later<void>>} */
  #waiting = new Set();

  /** @param {AbortSignal | undefined} signal */
  add(signal) {
    /** @type {Later<void>} */
    const later = new Later();
    const abort = () => later.reject(signal?.reason);
    const over = () => {
      this.#waiting.delete(later);
      signal?.removeEventListener("abort", abort);
    };
    later.promise.then(over, over);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    this.#waiting.add(later);
    return later.promise;
  }

  /** @param {unknown} [error] nothing when all went well */
  end(error) {
    for (const later of this.#waiting) {
      if (error) later.reject(error);
      else later.resolve();
    }
  }
}
