// @ts-check

import { SyncedStoreError } from "./errors.js";

/**
 * Who listens to what. Listeners are called in the order in which they came; one that was removed
 * meanwhile is not called any more, one that came meanwhile is called from the next time on.
 */
export class Listeners {
  /** @type {Map<string, Set<{ listener: (event: never) => void }>>} */
  #sets = new Map();
  /** Is told of an error that reaches nobody otherwise. */
  report;

  /** @param {(error: SyncedStoreError) => void} report */
  constructor(report) {
    this.report = report;
  }

  /** Tells everybody of an error. @param {SyncedStoreError} error */
  fail(error) {
    this.tell("error", error);
    this.report(error);
  }

  /** @param {string} type */
  count(type) {
    return this.#sets.get(type)?.size ?? 0;
  }

  /**
   * @param {string} type
   * @param {(event: never) => void} listener may be added more than once
   */
  add(type, listener) {
    let set = this.#sets.get(type);
    if (!set) this.#sets.set(type, (set = new Set()));
    const entry = { listener };
    set.add(entry);
    return () => {
      set.delete(entry);
    };
  }

  /**
   * As `add`, with the options of the app.
   * @param {string} type
   * @param {(event: never) => void} listener
   * @param {{ signal?: AbortSignal, once?: boolean }} options
   * @param {() => void} changed is called when the listener has come, and when it has gone
   */
  on(type, listener, { signal, once }, changed) {
    if (signal?.aborted) return () => {};
    const off = () => {
      remove();
      signal?.removeEventListener("abort", off);
      changed();
    };
    /** @param {never} event */
    const onceOnly = (event) => {
      off();
      listener(event);
    };
    const remove = this.add(type, once ? onceOnly : listener);
    signal?.addEventListener("abort", off);
    changed();
    return off;
  }

  /**
   * @param {string} type
   * @param {unknown} [event]
   */
  tell(type, event) {
    const set = this.#sets.get(type);
    for (const entry of [...(set ?? [])]) {
      if (!set?.has(entry)) continue;
      try {
        entry.listener(/** @type {never} */ (event));
      } catch (error) {
        const message = `a listener of "${type}" threw: ${error}`;
        this.report(new SyncedStoreError("internal", message, { cause: error }));
      }
    }
  }

  clear() {
    for (const set of this.#sets.values()) set.clear();
  }
}

/**
 * @template V
 * @param {() => V} get
 * @param {(run: (value: V) => void) => () => void} listen
 * @returns {import("./index.js").Readable<V>}
 */
export function readable(get, listen) {
  return {
    get value() {
      return get();
    },
    get,
    subscribe(run) {
      run(get());
      return listen(run);
    },
  };
}
