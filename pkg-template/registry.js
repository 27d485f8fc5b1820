// @ts-check
// Stores that components share by their address. They live in one place for the whole page, so that
// neither a module that is replaced while one develops nor a second copy of the package opens a
// second socket.

import { SyncedStore, version } from "draftsync";

/** @import { SyncedStoreOptions } from "./index.js" */

/** How long a store outlives its last user, who may be back at once: a page that changes, StrictMode. */
const GRACE_MS = 1000;

/**
 * @typedef {object} Entry
 * @property {SyncedStore<any>} store
 * @property {number} users
 * @property {ReturnType<typeof setTimeout> | undefined} timer runs when there are no users
 */

/**
 * @typedef {object} Registry
 * @property {Map<string, Entry>} entries
 * @property {unknown} copy the class of the package that came first
 * @property {string} version of that package
 * @property {boolean} [warned]
 */

/** @returns {Map<string, Entry>} */
function entries() {
  const place = /** @type {Record<symbol, Registry | undefined>} */ (globalThis);
  const key = Symbol.for("draftsync.registry");
  /** @type {Registry} */
  const registry = (place[key] ??= { entries: new Map(), copy: SyncedStore, version });
  if (registry.copy !== SyncedStore && !registry.warned) {
    registry.warned = true;
    console.warn(
      `draftsync is loaded twice, as ${registry.version} and ${version}: let one copy be installed`,
    );
  }
  return registry.entries;
}

/**
 * The store of an address, for somebody who may never become a user of it.
 * @param {string} url
 * @param {SyncedStoreOptions<any>} options of the store, if it has to be made
 */
export function entryOf(url, options) {
  const all = entries();
  let entry = all.get(url);
  if (entry?.store.status.value.state !== "closed" && entry) return entry;
  entry = { store: new SyncedStore(url, options), users: 0, timer: undefined };
  all.set(url, entry);
  // Who asked may be waiting for `ready`, as a component that suspends, and cannot say so.
  const made = entry;
  const settled = () => {
    if (!made.users) leave(url, made);
  };
  entry.store.ready.then(settled, settled);
  return entry;
}

/**
 * Makes somebody a user of a store.
 * @param {string} url
 * @param {Entry} entry
 * @returns {(() => void) | undefined} what ends this; nothing when the store has ended meanwhile
 */
export function use(url, entry) {
  if (entries().get(url) !== entry) return undefined;
  entry.users++;
  clearTimeout(entry.timer);
  return () => {
    if (!--entry.users) leave(url, entry);
  };
}

/**
 * @param {string} url
 * @param {Entry} entry
 */
function leave(url, entry) {
  clearTimeout(entry.timer);
  entry.timer = setTimeout(() => {
    entry.store.dispose();
    if (entries().get(url) === entry) entries().delete(url);
  }, GRACE_MS);
}
