// @ts-check
// Keeps what the core wants kept, in order, and lets nothing be sent before it is written.

// Loaded together, and only where there is a copy.
export { Heirs } from "./heirs.js";

/** @import { Persister } from "./index.js" */

/** So long may the journal get besides the state, in characters, before the state is asked for. */
const LENGTH = 1 << 16;
/** A persister that has not answered after so many milliseconds has failed. */
const PATIENCE_MS = 10_000;

/**
 * What a promise comes to, if that is in time.
 * @template R
 * @param {Promise<R>} answer
 * @returns {Promise<R>}
 */
function inTime(answer) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error(`the persister has not answered for ${PATIENCE_MS} ms`);
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  return Promise.race([answer, /** @type {Promise<never>} */ (late)]).finally(() =>
    clearTimeout(timer),
  );
}

/**
 * The newest version that a copy tells of: its state names one first, and frames theirs.
 * @param {Found} found
 */
function newest({ compact, journal }) {
  const versions = [compact, ...journal.slice(-20)].flatMap((text) => {
    const version = /"version":(\d+)/.exec(text)?.[1];
    return version ? [Number(version)] : [];
  });
  return Math.max(-1, ...versions);
}

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

/** What is under a key. @typedef {{ compact: string, journal: readonly string[] }} Found */
/** A copy that a store has left, and that is held for whoever takes it over. @typedef {{ key: string, free: () => void }} Left */

/** The copy that one store keeps of its room. */
export class Journal {
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
   * Finds the copy to go on with: of those that nobody holds the one that knows most, or else one
   * beside a store that lives, to begin from.
   * @param {Left} [given] the copy to take
   * @returns {Promise<{ state: string, journal: readonly string[], mine: boolean } | undefined>}
   */
  async find(given) {
    if (given) this.#mine = given;
    let found = given && (await this.#load(given.key));
    let mine = given !== undefined;
    for (const key of given ? [] : await this.#keys()) {
      const free = await hold(key);
      const other = await this.#load(key, free);
      // One's own counts more than one that is held, and then the newest version.
      const known = found ? newest(found) : -2;
      if (!other || (!free && mine) || (Boolean(free) === mine && newest(other) <= known)) {
        free?.();
        continue;
      }
      this.#mine?.free();
      this.#mine = free && { key, free };
      [found, mine] = [other, Boolean(free)];
    }
    if (!this.#mine) {
      const key = `${this.#prefix}${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
      const free = await hold(key);
      if (free) this.#mine = { key, free };
    }
    if (!found) return undefined;
    for (const entry of found.journal) this.#length += entry.length;
    this.#lengthMax += found.compact.length;
    return { state: found.compact, journal: found.journal, mine };
  }

  /**
   * A copy that a store which is gone has left. It is held.
   * @param {Set<string>} except keys of copies that are not wanted
   * @returns {Promise<Left | undefined>}
   */
  async nextLeft(except) {
    for (const key of await this.#keys()) {
      if (key === this.#mine?.key || except.has(key)) continue;
      const free = await hold(key);
      if (!free) continue;
      if (await this.#load(key, free)) return { key, free };
      free();
    }
    return undefined;
  }

  /** @param {string} key */
  remove(key) {
    return inTime(this.#persister.remove(key));
  }

  async #keys() {
    const keys = await inTime(this.#persister.keys(this.#prefix));
    return keys.filter((key) => key.startsWith(this.#prefix));
  }

  /**
   * @param {string} key
   * @param {() => void} [free] lets the key go, when it cannot be read
   * @returns {Promise<Found | undefined>}
   */
  async #load(key, free) {
    try {
      const found = await inTime(this.#persister.load(key));
      return found?.compact === undefined ? undefined : /** @type {Found} */ (found);
    } catch (error) {
      free?.();
      throw error;
    }
  }

  /** Something happened. @param {string} entry */
  note(entry) {
    if (this.#over) return;
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
    if (this.#over) return;
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
    while (this.#writing) await this.#writing;
    this.#end();
    this.#mine?.free();
    this.#mine = undefined;
  }

  /** Removes the copies of the room but those of other stores that live; after `close`. */
  async clear() {
    for (const key of await this.#keys()) {
      const free = await hold(key);
      if (!free) continue;
      try {
        await this.remove(key);
      } finally {
        free();
      }
    }
  }

  #end() {
    this.#over = true;
    this.#entries = [];
    this.#state = undefined;
    this.#release();
  }

  /** Sends what waited for nothing more than what is written. */
  #release() {
    const due = this.#waiting.filter(({ after }) => this.#over || after <= this.#written);
    this.#waiting = this.#waiting.slice(due.length);
    for (const { send } of due) {
      try {
        send();
      } catch {
        // A socket that cannot send will say that it closed, and all is sent again.
      }
    }
  }

  #write() {
    this.#told++;
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
        await inTime(this.#persister.append(key, entries));
        this.#written = told;
      } else {
        const told = this.#told - entries.length;
        this.#state = undefined;
        await inTime(this.#persister.replace(key, state));
        this.#written = told;
      }
      this.#release();
    }
  }
}
