// @ts-check
// Stores that components share by their address. They live in one place for the whole page, so that
// neither a module that is replaced while one develops nor a second copy of the package opens a
// second socket.

import { SyncedStore, version } from "draftsync";

/** @import { Auth, SyncedStoreOptions } from "./index.js" */

/** How long a store outlives its last user, who may be back at once: a page that changes, StrictMode. */
const GRACE_MS = 1000;

/** How long a store waits for a first user while its room is not here, which offline may never be. */
const UNUSED_MS = 30_000;

/**
 * @typedef {object} Entry
 * @property {SyncedStore<any>} store
 * @property {number} users
 * @property {boolean} used whether there ever was one
 * @property {Auth | undefined} auth what its users gave last
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
 * @param {SyncedStore<any>} store
 * @param {Auth | undefined} auth
 * @returns {Entry}
 */
export function newEntry(store, auth) {
  return { store, users: 0, used: false, auth, timer: undefined };
}

/**
 * The store of an address, for somebody who may never become a user of it.
 * @param {string} url
 * @param {SyncedStoreOptions<any>} options of the store, if it has to be made
 */
export function entryOf(url, options) {
  const all = entries();
  const old = all.get(url);
  if (old && !hasEnded(old, options.auth)) return old;
  old?.store.dispose();
  /** @type {Entry} */
  const entry = newEntry(
    new SyncedStore(url, { ...options, auth: latest(options.auth, () => entry.auth) }),
    options.auth,
  );
  all.set(url, entry);
  // Who asked may be waiting for `ready`, as a component that suspends, and cannot say so.
  leave(url, entry, UNUSED_MS);
  const settled = () => {
    if (!entry.users) leave(url, entry);
  };
  entry.store.ready.then(settled, settled);
  return entry;
}

/**
 * Whether who comes now needs another store.
 * @param {Entry} entry
 * @param {Auth | undefined} auth of who comes
 */
function hasEnded({ store, users, used, auth: before }, auth) {
  const { state } = store.status.value;
  if (state === "closed") return true;
  // Who waits for `ready` and was never a user has to see that it has failed.
  if (users || !used) return false;
  // Another text may be of somebody else, whose the old store is not.
  return state === "failed" || (auth !== before && typeof auth === "string");
}

/**
 * What a store is given so that a function is always the last one: an inline one is of one rendering.
 * @param {Auth | undefined} auth
 * @param {() => Auth | undefined} last
 * @returns {Auth | undefined}
 */
function latest(auth, last) {
  if (typeof auth !== "function") return auth;
  return (asked) => {
    const now = last();
    return typeof now === "function" ? now(asked) : (now ?? "");
  };
}

/**
 * Takes what a user of a store lets it in by. One that gives nothing leaves that to the others.
 * @param {Entry} entry
 * @param {Auth | undefined} auth
 */
export function authorize(entry, auth) {
  const before = entry.auth;
  if (auth === undefined || auth === before) return;
  entry.auth = auth;
  const functions = typeof auth === "function" && typeof before === "function";
  if (!functions) entry.store.setAuth(latest(auth, () => entry.auth));
}

/**
 * Makes somebody a user of a store.
 * @param {string} url
 * @param {Entry} entry
 * @returns {(() => void) | undefined} what ends this; nothing when the store has ended meanwhile
 */
export function use(url, entry) {
  if (entries().get(url) !== entry) return undefined;
  // The store waits for another answer, and who comes may have it.
  if (entry.used && !entry.users && entry.store.status.value.state === "needs-auth")
    entry.store.setAuth(latest(entry.auth, () => entry.auth));
  entry.used = true;
  entry.users++;
  clearTimeout(entry.timer);
  return () => {
    if (!--entry.users) leave(url, entry);
  };
}

/**
 * @param {string} url
 * @param {Entry} entry
 * @param {number} [time]
 */
function leave(url, entry, time = GRACE_MS) {
  clearTimeout(entry.timer);
  entry.timer = setTimeout(() => {
    entry.store.dispose();
    if (entries().get(url) === entry) entries().delete(url);
  }, time);
  // Node need not stay for it.
  /** @type {{ unref?: () => void }} */ (entry.timer).unref?.();
}
