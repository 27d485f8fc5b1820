// @ts-check
// The persister of browsers: two object stores, the states and what happened since.

/** @import { Json, Persister } from "./index.js" */

const STATES = "states";
const ENTRIES = "entries";

/**
 * @param {string} name
 * @returns {Promise<IDBDatabase>}
 */
function open(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STATES);
      // The key is the copy's own and a number that rises.
      request.result.createObjectStore(ENTRIES);
    };
    request.onblocked = () => reject(new Error("another tab has an older version open; close it"));
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result);
  });
}

/** All entries of a copy. @param {string} key */
const entriesOf = (key) => IDBKeyRange.bound([key], [key, []]);

/** @implements {Persister} */
class Persistence {
  #name;
  /** @type {Promise<IDBDatabase> | undefined} */
  #db;
  /** The number of the last entry of each copy. @type {Map<string, number>} */
  #last = new Map();

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
  }

  /** @param {string} key */
  async load(key) {
    const [compact, journal, numbers] = await this.#run("readonly", (states, entries) => [
      states.get(key),
      entries.getAll(entriesOf(key)),
      entries.getAllKeys(entriesOf(key)),
    ]);
    this.#last.set(key, numbers.at(-1)?.[1] ?? 0);
    return compact === undefined && journal.length === 0 ? undefined : { compact, journal };
  }

  /** @param {string} key @param {readonly Json[]} added */
  async append(key, added) {
    let last = this.#last.get(key) ?? 0;
    this.#last.set(key, last + added.length);
    await this.#run("readwrite", (_, entries) =>
      added.map((entry) => entries.put(entry, [key, ++last])),
    );
  }

  /** @param {string} key @param {Json} compact */
  async replace(key, compact) {
    await this.#run("readwrite", (states, entries) => [
      states.put(compact, key),
      entries.delete(entriesOf(key)),
    ]);
  }

  /** @param {string} key */
  async remove(key) {
    await this.#run("readwrite", (states, entries) => [
      states.delete(key),
      entries.delete(entriesOf(key)),
    ]);
  }

  /** @param {string} prefix */
  async keys(prefix) {
    const range = IDBKeyRange.bound(prefix, prefix + "\uffff");
    const [keys] = await this.#run("readonly", (states) => [states.getAllKeys(range)]);
    return keys;
  }

  async #open() {
    const forget = () => (this.#db = undefined);
    try {
      const db = await open(this.#name);
      // A newer version of this page wants to come in, or the browser has closed it.
      db.onversionchange = () => (db.close(), forget());
      db.onclose = forget;
      return db;
    } catch (error) {
      // The next call may have more luck.
      forget();
      throw error;
    }
  }

  /**
   * Runs one transaction, and returns what its requests came to once it is complete.
   * @param {IDBTransactionMode} mode
   * @param {(states: IDBObjectStore, entries: IDBObjectStore) => IDBRequest[]} act
   * @returns {Promise<any[]>}
   */
  async #run(mode, act) {
    const db = await (this.#db ??= this.#open());
    return new Promise((resolve, reject) => {
      const transaction = db.transaction([STATES, ENTRIES], mode);
      const requests = act(transaction.objectStore(STATES), transaction.objectStore(ENTRIES));
      transaction.oncomplete = () => resolve(requests.map((request) => request.result));
      transaction.onabort = () => reject(transaction.error ?? new Error("it was aborted"));
    });
  }
}

/**
 * @param {{ name?: string }} [options]
 * @returns {Persister | undefined}
 */
function persister({ name = "draftsync" } = {}) {
  // A server that renders pages keeps nothing, and that is no error.
  return "indexedDB" in globalThis ? new Persistence(name) : undefined;
}

export { persister as indexedDB };
