// @ts-check
// A persister in memory, whose writes the test can hold back or let fail.

/** @import { Json, Persister } from "../../../pkg-template/index.js" */

/** @implements {Persister} */
export class MemoryPersister {
  /** @type {Map<string, { compact: Json | undefined, journal: Json[] }>} */
  copies = new Map();
  /** What every write waits for. @type {Promise<unknown>} */
  gate = Promise.resolve();
  /** What every write comes to. @type {Error | undefined} */
  fault;
  /** The writes that were asked for, a word each. @type {string[]} */
  writes = [];

  /** Holds writes back until the returned function is called. */
  hold() {
    let open = () => {};
    this.gate = new Promise((resolve) => (open = () => resolve(undefined)));
    return open;
  }

  /** @param {string} key */
  async load(key) {
    const copy = this.copies.get(key);
    return copy && { compact: copy.compact, journal: [...copy.journal] };
  }

  /** @param {string} key @param {readonly Json[]} entries */
  async append(key, entries) {
    await this.#write("append");
    this.copies.get(key)?.journal.push(...entries);
  }

  /** @param {string} key @param {Json} compact */
  async replace(key, compact) {
    await this.#write("replace");
    this.copies.set(key, { compact, journal: [] });
  }

  /** @param {string} key */
  async remove(key) {
    this.copies.delete(key);
  }

  /** @param {string} prefix */
  async keys(prefix) {
    return [...this.copies.keys()].filter((key) => key.startsWith(prefix));
  }

  /** @param {string} word */
  async #write(word) {
    this.writes.push(word);
    await this.gate;
    if (this.fault) throw this.fault;
  }
}
