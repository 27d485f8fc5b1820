// @ts-check
// The built package, imported as it lies there.

import { fileURLToPath, pathToFileURL } from "node:url";

/** @typedef {typeof import("../../../pkg-template/index.js")} Entry */
/** @typedef {typeof import("../../../pkg-template/slim.js")} SlimEntry */

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const pkg = process.env.DRAFTSYNC_PKG ?? `${root}pkg`;

/** A room that nothing listens at; stores of these tests do not connect there. */
export const NOWHERE = "ws://127.0.0.1:9/rooms/nowhere";

/**
 * @param {string} file
 * @param {string} [folder] a copy of the package
 * @returns {Promise<any>}
 */
export function importFile(file, folder = pkg) {
  return import(pathToFileURL(`${folder}/${file}`).href);
}

/** @type {Entry} */
export const production = await importFile("index.js");
/** @type {Entry} */
export const development = await importFile("development.js");

/**
 * A store without a connection, whose errors are kept.
 * @template {object} T
 * @param {T} initial
 * @param {Entry} [entry]
 * @param {Partial<import("../../../pkg-template/index.js").SyncedStoreOptions<T>>} [options]
 */
export function offline(initial, entry = production, options) {
  /** @type {import("../../../pkg-template/index.js").SyncedStoreError[]} */
  const errors = [];
  const store = new entry.SyncedStore(NOWHERE, {
    initial,
    autoConnect: false,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { store, errors };
}

/**
 * What `act` throws.
 * @param {() => unknown} act
 * @returns {any}
 */
export function thrownBy(act) {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
