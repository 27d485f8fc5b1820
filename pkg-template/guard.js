// @ts-check

import { SyncedStoreError, errorOf, fault } from "./errors.js";

/** Tells what functions of the app throw from what the core throws. */
export class Own {
  /** @type {unknown} */
  thrown;

  /**
   * @template F
   * @param {F} fn
   * @returns {F}
   */
  mark = (fn) => {
    /** @param {unknown[]} args */
    const marked = (...args) => {
      try {
        return /** @type {any} */ (fn)(...args);
      } catch (error) {
        this.thrown = error;
        throw error;
      }
    };
    // What a draft throws is made by this; a recipe may catch it, or keep the draft.
    marked.errorOf = errorOf;
    return /** @type {any} */ (marked);
  };
}

/**
 * Calls `begin` once the core is there: now, where that is possible.
 *
 * What `begin` throws now goes on to the caller; where it comes later nobody is there to catch it.
 * @param {() => true | Promise<true>} load
 * @param {() => void} begin
 * @param {(error: SyncedStoreError) => void} fail
 */
export function whenLoaded(load, begin, fail) {
  /** @param {unknown} cause */
  const failed = (cause) => {
    const known = cause instanceof SyncedStoreError;
    fail(known ? cause : new SyncedStoreError("wasm-load", undefined, { cause }));
  };
  /** @type {true | Promise<true>} */
  let loaded;
  try {
    loaded = load();
  } catch (error) {
    return failed(error);
  }
  if (loaded === true) begin();
  else loaded.then(begin).catch(failed);
}

/**
 * Lets a result pass that is no promise: a transaction ends when its function returns.
 * @template R
 * @param {R} result
 */
export function sync(result) {
  if (typeof (/** @type {any} */ (result)?.then) !== "function") return result;
  throw fault("invalid-patch", "async-transaction");
}
