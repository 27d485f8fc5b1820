// @ts-check
// The copy of a room that outlives the page: it is looked for before the store connects, grows
// with every change, and copies that other tabs have left are emptied by stores of their own.

import { SyncedStoreError, fault } from "./errors.js";

/** @import { SyncedStore as Core, Made } from "./core.js" */
/** @import { Persister, SyncedStore } from "./index.js" */
/** @import { Journal, Left } from "./journal.js" */

export class LocalCopy {
  #persister;
  #given;
  #url;
  #core;
  #run;
  #onError;
  /** @type {Journal | undefined} */
  #journal;
  /** @type {Promise<unknown> | undefined} */
  #restoring;
  /** The store that empties a copy which another tab has left. @type {SyncedStore<object> | undefined} */
  #heir;
  #closed = false;

  /**
   * @param {Persister} persister
   * @param {Left | undefined} given the copy to take over, and no other
   * @param {string} url
   * @param {() => Core | undefined} core the core, while there is one
   * @param {<R>(act: (core: Core) => R) => R} run lets it do something, and throws errors of the app's
   * @param {(error: SyncedStoreError) => void} onError is told, once, when nothing can be kept any more
   */
  constructor(persister, given, url, core, run, onError) {
    this.#persister = persister;
    this.#given = given;
    this.#url = url;
    this.#core = core;
    this.#run = run;
    this.#onError = onError;
  }

  /**
   * Puts into the core what was kept, if anything was.
   * @returns {Promise<readonly Made[] | undefined>} the changes that wait; nothing when nothing was kept
   */
  restore() {
    return (this.#restoring = this.#restore());
  }

  async #restore() {
    try {
      // Only who keeps a copy loads this.
      const { Journal } = await import("./journal.js");
      const saveSoon = () => this.#core()?.saveSoon();
      const over = (/** @type {unknown} */ cause) => this.#over(cause);
      this.#journal = new Journal(this.#persister, `${this.#url}#`, saveSoon, over);
      const found = await this.#journal.find(this.#given);
      if (!this.#core()) await this.#journal.close();
      else if (!found) this.#run((core) => core.keepJournal());
      else return this.#run((core) => core.restore(found.state, found.journal, found.mine));
    } catch (error) {
      if (this.#journal) this.#journal.fail(error);
      else this.#over(error);
    }
  }

  /** @param {unknown} cause */
  #over(cause) {
    if (cause instanceof SyncedStoreError) return this.#onError(cause);
    const full = /** @type {any} */ (cause)?.name === "QuotaExceededError";
    const error = fault(full ? "storage-full" : "storage", "not-kept");
    error.cause = cause;
    this.#onError(error);
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
   * Lets what other tabs have left be sent, one copy after the other: under the names that they
   * were offered with, or what had been taken would be taken again.
   * @param {(options: object) => SyncedStore<object>} open makes a store with these options
   */
  async inherit(open) {
    if (this.#heir) return;
    for (let given; !this.#closed && (given = this.#journal?.left.shift());) {
      /** @param {SyncedStoreError} error */
      const onError = (error) => {
        this.#onError(error);
        // Without its copy it has nothing to send.
        if (error.details?.reason === "not-kept" || error.details?.reason === "corrupt") {
          heir.dispose();
        }
      };
      const options = { given, onError, history: false, autoConnect: false, signal: undefined };
      const heir = (this.#heir = open(options));
      try {
        await heir.ready;
        heir.connect();
        await heir.flush();
        await heir.clearLocal();
      } catch {
        // It has told its errors; the copy stays for the next tab.
        heir.dispose();
      }
      this.#heir = undefined;
    }
  }

  /** Writes what is left, and lets the copy go. */
  async close() {
    this.#closed = true;
    this.#heir?.dispose();
    await this.#restoring;
    await this.#journal?.close();
  }

  /** Removes the copy of a store that has ended, and those that others have left. */
  async clear() {
    await this.close();
    await this.#journal?.clear();
  }
}
