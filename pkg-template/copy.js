// @ts-check
// The copy of a room that outlives the page: it is looked for before the store connects, and grows
// with every change.

import { SyncedStoreError, fault } from "./errors.js";

/** @import { SyncedStore as Core, Made } from "./core.js" */
/** @import { Heirs } from "./heirs.js" */
/** @import { Persister, SyncedStore } from "./index.js" */
/** @import { Journal, Left } from "./journal.js" */
/** @import { Listeners } from "./listeners.js" */

/** Stores of this page that have ended and still write, by the keys of their rooms. @type {Map<string, Promise<void>>} */
const closing = new Map();

export class LocalCopy {
  #persister;
  #given;
  /** What the keys of the room begin with: tokens and the like in the address change. */
  #prefix;
  #listeners;
  #act;
  /** @type {Journal | undefined} */
  #journal;
  /** @type {Heirs | undefined} */
  #heirs;
  /** @type {Promise<unknown> | undefined} */
  #restoring;
  #closed = false;

  /**
   * @param {{ persist?: Persister | undefined, given?: Left }} options `given` is the copy to take over, and no other
   * @param {string} url
   * @param {Listeners} listeners hear, once, that nothing can be kept any more
   * @param {<R>(act: (core: Core) => R) => R | undefined} act lets the core do something while there is one
   */
  constructor({ persist, given }, url, listeners, act) {
    this.#persister = /** @type {Persister} */ (persist);
    this.#given = given;
    this.#prefix = url.replace(/\?.*/, "") + "#";
    this.#listeners = listeners;
    this.#act = act;
  }

  /**
   * Puts into the core what was kept, if anything was.
   * @returns {Promise<readonly Made[] | undefined>} the changes that wait; nothing when nothing was kept
   */
  restore() {
    const restored = this.#restore();
    this.#restoring = restored;
    return restored;
  }

  async #restore() {
    try {
      // A store that was just disposed of lets go of its copy first.
      if (!this.#given) await closing.get(this.#prefix);
      const journal = await this.#load();
      const found = await journal.find(this.#given);
      if (found) return this.#act((core) => core.restore(found.state, found.journal, found.mine));
      this.#act((core) => core.keepJournal());
    } catch (error) {
      if (this.#journal) this.#journal.fail(error);
      else this.#over(error);
    }
  }

  /** Only who keeps a copy loads the code for it. */
  async #load() {
    const { Journal } = await import("./journal.js");
    const saveSoon = () => this.#act((core) => core.saveSoon());
    const over = (/** @type {unknown} */ cause) => this.#over(cause);
    return (this.#journal ??= new Journal(this.#persister, this.#prefix, saveSoon, over));
  }

  /** @param {unknown} cause */
  #over(cause) {
    if (cause instanceof SyncedStoreError) return this.#listeners.fail(cause);
    const full = /** @type {any} */ (cause)?.name === "QuotaExceededError";
    const error = fault(full ? "storage-full" : "storage", "not-kept");
    error.cause = cause;
    this.#listeners.fail(error);
  }

  /** @param {string} entry */
  note(entry) {
    this.#journal?.note(entry);
  }

  /** @param {string} state */
  keep(state) {
    this.#journal?.keep(state);
  }

  /** @param {() => void} send */
  send(send) {
    if (this.#journal) this.#journal.send(send);
    else send();
  }

  /**
   * The room is here: what other tabs have left can be sent.
   * @param {(options: object) => SyncedStore<object>} open makes a store with these options
   */
  async inherit(open) {
    const { Heirs } = await import("./journal.js");
    if (this.#closed || !this.#journal || this.#given) return;
    this.#heirs ??= new Heirs(this.#journal, open, this.#listeners);
    await this.#heirs.run();
  }

  /** The app wants no connection: what others have left waits too. */
  pause() {
    this.#heirs?.stop();
  }

  /** Writes what is left, and lets the copy go. */
  close() {
    this.#closed = true;
    this.#heirs?.stop();
    const closed = this.#close();
    if (!this.#given) {
      closing.set(this.#prefix, closed);
      closed.then(() => closing.get(this.#prefix) === closed && closing.delete(this.#prefix));
    }
    return closed;
  }

  async #close() {
    await this.#restoring;
    await this.#journal?.close();
  }

  /** Removes the copies of the room but those of other stores that live. */
  async clear() {
    await this.close();
    const journal = await this.#load();
    await journal.clear();
  }
}
