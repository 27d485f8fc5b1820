// @ts-check
// What other tabs have left is sent by stores of its own, one copy after the other: under the
// names that the changes were offered with, or what the room has taken would be taken again.

/** @import { SyncedStore } from "./index.js" */
/** @import { Journal, Left } from "./journal.js" */
/** @import { Listeners } from "./listeners.js" */

export class Heirs {
  #journal;
  #open;
  #listeners;
  /** The store that sends now. @type {SyncedStore<object> | undefined} */
  #heir;
  /** Copies that could not be sent, for reasons of their own. @type {Set<string>} */
  #failed = new Set();
  #running = false;
  #stopped = false;

  /**
   * @param {Journal} journal
   * @param {(options: object) => SyncedStore<object>} open makes a store with these options
   * @param {Listeners} listeners
   */
  constructor(journal, open, listeners) {
    this.#journal = journal;
    this.#open = open;
    this.#listeners = listeners;
  }

  /** Sends all that is left, unless that is under way. */
  async run() {
    this.#stopped = false;
    if (this.#running) return;
    this.#running = true;
    try {
      for (let left; !this.#stopped && (left = await this.#journal.nextLeft(this.#failed));) {
        if (this.#stopped) left.free();
        else await this.#send(left);
      }
    } catch {
      // The persister fails, which the store's own writes tell.
    }
    this.#running = false;
  }

  /** Lets go of what is being sent; it is there the next time. */
  stop() {
    this.#stopped = true;
    this.#heir?.dispose();
  }

  /** @param {Left} left */
  async #send({ key, free }) {
    let ready = false;
    let closed = () => {};
    /** @type {Promise<void>} */
    const closing = new Promise((resolve) => (closed = resolve));
    const heir = (this.#heir = this.#open({
      // It says here that it has closed; the copy is let go below.
      given: { key, free: closed },
      /** @param {import("./errors.js").SyncedStoreError} error */
      onError: (error) => {
        this.#listeners.fail(error);
        // Without its copy it has nothing to send.
        if (ready || !error.code.startsWith("storage")) return;
        this.#failed.add(key);
        heir.dispose();
      },
      history: false,
      autoConnect: false,
      signal: undefined,
    }));
    try {
      await heir.ready;
      ready = true;
      heir.connect();
      await heir.flush();
      heir.dispose();
      await closing;
      await this.#journal.remove(key);
    } catch (error) {
      // It has told its errors; the copy stays for the next page, or where it was only stopped, for
      // the next connection.
      if (/** @type {any} */ (error)?.code !== "disposed") this.#failed.add(key);
      heir.dispose();
      await closing;
    }
    this.#heir = undefined;
    free();
  }
}
