// @ts-check
// Keeps what the core wants kept, in order, and lets nothing be sent before it is written.

/** @import { Persister } from "./index.js" */

/** So long may the journal get besides the state, in characters, before the state is asked for. */
const LENGTH = 1 << 16;

/** Names that are held where there are no Web Locks, by the stores of this process. @type {Set<string>} */
const held = new Set();

/**
 * Holds a name against every other tab.
 * @param {string} name
 * @returns {Promise<(() => void) | undefined>} what lets go; nothing when somebody else holds it
 */
function hold(name) {
  const locks = globalThis.navigator?.locks;
  return new Promise((resolve, reject) => {
    if (locks) {
      /** @param {Lock | null} lock */
      const granted = (lock) =>
        lock ? new Promise((free) => resolve(() => free(undefined))) : resolve(undefined);
      locks.request(`draftsync ${name}`, { ifAvailable: true }, granted).catch(reject);
    } else if ("document" in globalThis) {
      // Two tabs could take the same copy and be one client.
      reject(new Error("there are no Web Locks here; the page must come from https or localhost"));
    } else if (held.has(name)) {
      resolve(undefined);
    } else {
      held.add(name);
      resolve(() => held.delete(name));
    }
  });
}

/** A copy that a store has left, and that is held for whoever takes it over. @typedef {{ key: string, free: () => void }} Left */

/** The copy that one store keeps of its room. */
export class Journal {
  /** Copies of stores that are gone, with changes that were not sent. @type {Left[]} */
  left = [];
  #persister;
  #prefix;
  #saveSoon;
  #onOver;
  /** @type {Left | undefined} */
  #mine;
  /** The state that is to be written, and what came after it. @type {string | undefined} */
  #state;
  /** @type {string[]} */
  #entries = [];
  /** How many things were to be written, and how many of them are. */
  #told = 0;
  #written = 0;
  /** What is sent once so many are written. @type {{ after: number, send: () => void }[]} */
  #waiting = [];
  #length = 0;
  #lengthMax = LENGTH;
  /** The writing that is under way. @type {Promise<void> | undefined} */
  #writing;
  /** Whether nothing is written any more. */
  #over = false;

  /**
   * @param {Persister} persister
   * @param {string} prefix what the keys of the room begin with
   * @param {() => void} saveSoon asks the core for its state
   * @param {(cause: unknown) => void} onOver is told, once, when nothing can be kept
   */
  constructor(persister, prefix, saveSoon, onOver) {
    this.#persister = persister;
    this.#prefix = prefix;
    this.#saveSoon = saveSoon;
    this.#onOver = onOver;
  }

  /**
   * Finds the copy to go on with: that of a store that is gone, or else one beside a store that
   * lives, to begin from.
   * @param {Left} [given] the copy to take
   * @returns {Promise<{ state: string, journal: readonly string[], mine: boolean } | undefined>}
   */
  async find(given) {
    if (given) this.#mine = given;
    const keys = given ? [] : [...(await this.#persister.keys(this.#prefix))];
    let from = given?.key;
    // The newest first, whose name is the last.
    for (const key of keys.sort().reverse()) {
      const free = await hold(key);
      if (!free) from ??= key;
      else if (!this.#mine) this.#mine = { key: (from = key), free };
      else await this.#leave({ key, free });
    }
    const mine = from !== undefined && from === this.#mine?.key;
    if (!this.#mine) {
      const key = `${this.#prefix}${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
      const free = await hold(key);
      if (free) this.#mine = { key, free };
    }
    const found = from === undefined ? undefined : await this.#persister.load(from);
    if (!found || found.compact === undefined) return undefined;
    const { compact, journal } = /** @type {{ compact: string, journal: readonly string[] }} */ (
      found
    );
    for (const entry of journal) this.#length += entry.length;
    this.#lengthMax += compact.length;
    return { state: compact, journal, mine };
  }

  /** Something happened. @param {string} entry */
  note(entry) {
    this.#entries.push(entry);
    this.#length += entry.length;
    if (this.#length > this.#lengthMax) {
      this.#length = 0;
      this.#saveSoon();
    }
    this.#write();
  }

  /** This is the state, in the place of all before it. @param {string} state */
  keep(state) {
    this.#state = state;
    this.#entries = [];
    this.#length = 0;
    this.#lengthMax = LENGTH + state.length;
    this.#write();
  }

  /** Sends when all that was told before is written. @param {() => void} send */
  send(send) {
    if (this.#over || this.#written === this.#told) send();
    else this.#waiting.push({ after: this.#told, send });
  }

  /** Keeps nothing any more, and holds nothing back. @param {unknown} cause */
  fail(cause) {
    if (this.#over) return;
    this.#end();
    this.#onOver(cause);
  }

  /** Writes what is left, and lets the copy go. */
  async close() {
    for (const { free } of this.left.splice(0)) free();
    while (this.#writing) await this.#writing;
    this.#end();
    this.#mine?.free();
    this.#mine = undefined;
  }

  /** Removes the copies of the room but those of other stores that live. */
  async clear() {
    this.#entries = [];
    this.#state = undefined;
    await this.close();
    for (const key of await this.#persister.keys(this.#prefix)) {
      const free = await hold(key);
      if (!free) continue;
      try {
        await this.#persister.remove(key);
      } finally {
        free();
      }
    }
  }

  /** @param {Left} copy */
  async #leave(copy) {
    const found = await this.#persister.load(copy.key);
    if (found) this.left.push(copy);
    else copy.free();
  }

  #end() {
    this.#over = true;
    this.#entries = [];
    this.#state = undefined;
    for (const { send } of this.#waiting.splice(0)) send();
  }

  #write() {
    this.#told++;
    if (this.#over) return;
    this.#writing ??= this.#writeAll().then(
      () => (this.#writing = undefined),
      (error) => {
        this.#writing = undefined;
        this.fail(error);
      },
    );
  }

  async #writeAll() {
    // What comes at once is written at once.
    await undefined;
    const key = /** @type {Left} */ (this.#mine).key;
    while (this.#state !== undefined || this.#entries.length > 0) {
      const state = this.#state;
      const entries = this.#entries;
      if (state === undefined) {
        const told = this.#told;
        this.#entries = [];
        await this.#persister.append(key, entries);
        this.#written = told;
      } else {
        const told = this.#told - entries.length;
        this.#state = undefined;
        await this.#persister.replace(key, state);
        this.#written = told;
      }
      while (this.#waiting.length > 0 && this.#waiting[0].after <= this.#written) {
        this.#waiting.shift()?.send();
      }
    }
  }
}
