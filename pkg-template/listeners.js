// @ts-check

import { SyncedStoreError } from "./errors.js";

/** @import { LogLevel } from "./index.js" */

/** At which level what is told is written to the console; errors are by `onError`. @type {Record<string, "warn" | "info" | "debug">} */
const LEVELS = { rejected: "warn", status: "info", patch: "debug" };

/** What an app can listen to; the rest is between the parts of a store. */
const EVENTS = ["error", "patch", "presence", "rejected", "status"];

/**
 * Whether a store with this level writes what is of that one.
 * @param {LogLevel} level
 * @param {LogLevel} of
 */
export function writes(level, of) {
  const order = ["silent", "error", "warn", "info", "debug"];
  return order.indexOf(level) >= order.indexOf(of);
}

/** @param {unknown} listener what the app gave to be called */
function needFunction(listener) {
  if (typeof listener !== "function") throw new TypeError(`${listener} is no function to call`);
}

/**
 * Who listens to what. Listeners are called in the order in which they came; one that was removed
 * meanwhile is not called any more, one that came meanwhile is called from the next time on.
 */
export class Listeners {
  /** @type {Map<string, Set<{ listener: (event: never) => void }>>} */
  #sets = new Map();
  /** Is told of an error that reaches nobody otherwise. */
  report;

  #level;

  /**
   * @param {LogLevel} level
   * @param {(error: SyncedStoreError) => void} report
   */
  constructor(level, report) {
    this.#level = level;
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
    needFunction(listener);
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
    if (!EVENTS.includes(type))
      throw new TypeError(`there is no event "${type}"; listen to ${EVENTS.join(", ")}`);
    needFunction(listener);
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
    const level = LEVELS[type];
    if (level && writes(this.#level, level)) console[level](`draftsync ${type}:`, event);
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
 * What a function makes of a value, made again only when the value is another one.
 * @template T, S
 * @param {() => T} source
 * @param {(listener: () => void) => () => void} subscribe tells that the value is another one
 * @param {(value: T) => S} selector
 * @param {(a: S, b: S) => boolean} equal
 */
export function selected(source, subscribe, selector, equal) {
  /** @type {{ from: T, made: S } | undefined} */
  let last;
  const get = () => {
    const from = source();
    if (last?.from !== from || !last) {
      const made = selector(from);
      last = { from, made: last && equal(last.made, made) ? last.made : made };
    }
    return last.made;
  };
  return following(get, subscribe);
}

/**
 * A value that somebody else tells of; it is told on when it is another one.
 * @template V
 * @param {() => V} get
 * @param {(listener: () => void) => () => void} subscribe
 */
export function following(get, subscribe) {
  return readable(get, (run) => {
    let told = get();
    return subscribe(() => {
      const now = get();
      if (!Object.is(told, now)) run((told = now));
    });
  });
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
      // First, or what `run` itself changes is not told.
      const off = listen(run);
      try {
        run(get());
      } catch (error) {
        off();
        throw error;
      }
      return off;
    },
  };
}
