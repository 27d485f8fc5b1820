// @ts-check
// Keeps what the core wants kept, in order, and lets nothing be sent before it is written.

import { SyncedStoreError } from "./errors.js";

/** @import { Persister } from "./index.js" */

/** So many characters of journal are kept besides those of the state, before the state is asked for again. */
const JOURNAL_LENGTH = 1 << 16;

/** Where there are no Web Locks there is one realm: names that its stores hold. @type {Set<string>} */
const held = new Set();

/**
 * Holds a name against every other tab.
 * @param {string} name
 * @returns {Promise<(() => void) | undefined>} lets go; nothing when somebody else holds it
 */
function hold(name) {
  const locks = globalThis.navigator?.locks;
  return new Promise((resolve, reject) => {
    if (locks) {
      const waits = locks.request(name, { ifAvailable: true }, (lock) =>
        lock ? new Promise((free) => resolve(() => free(undefined))) : resolve(undefined),
      );
      waits.catch(reject);
    } else if ("window" in globalThis) {
      // Two tabs would be one client.
      reject(new Error("this page has no Web Locks; serve it over https"));
    } else if (held.has(name)) resolve(undefined);
    else {
      held.add(name);
      resolve(() => held.delete(name));
    }
  });
}

/** What a tab has kept of one room. */
export class Journal {
  /** What was kept, and whether it is this store's own from here on. @type {{ compact: string, journal: string[], mine: boolean } | undefined} */
  found;
  /** Other stores' copies that nobody uses: each is held until it is let go. @type {{ key: string, free: () => void }[]} */
  orphans = [];
  #persister;
  #key = "";
  /** @type {() => void} */
  #free = () => {};
  #saveSoon;
  #onError;
  /** The state that is to be written, and what came after it. @type {string | undefined} */
  #compact;
  /** @type {string[]} */
  #entries = [];
  /** How many entries came, and how many of them are written. */
  #noted = 0;
  #written = 0;
  /** What is sent once so many are written. @type {{ after: number, send: () => void }[]} */
  #waiting = [];
  /** How long the journal is since the state, and how long it may get. */
  #length = 0;
  #lengthMax = JOURNAL_LENGTH;
  /** The write that is under way. @type {Promise<void> | undefined} */
  #writing;
  /** Whether nothing is written any more. */
  #over = false;

  /**
   * @param {Persister} persister
   * @param {() => void} saveSoon asks for the state
   * @param {(error: SyncedStoreError) => void} onError is told once, when nothing can be kept any more
   */
  constructor(persister, saveSoon, onError) {
    this.#persister = persister;
    this.#saveSoon = saveSoon;
    this.#onError = onError;
  }
}
