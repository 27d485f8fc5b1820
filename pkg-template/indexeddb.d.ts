import type { Persister } from "./index.js";

/** How `indexedDB` keeps things. */
export interface IndexedDBOptions {
  /**
   * The name of the database.
   *
   * @defaultValue `"draftsync"`
   */
  name?: string | undefined;
}

/**
 * Keeps the state and the changes of rooms in the browser's database, for the option `persist`.
 *
 * `undefined` where there is no such database, as where pages are rendered on a server: there nothing is kept.
 *
 * It is on the disk when the system writes it there, soon after: what survives is the end of the page or of the browser, and seldom the last moment before a loss of power.
 */
export function indexedDB(options?: IndexedDBOptions): Persister | undefined;
