// @ts-check
// The store that all entries share: what the app reads, writes and listens to.

import { History } from "./history.js";
import { address, asyncDisposing, disposing, telling } from "./host.js";
import { fault } from "./errors.js";
import { readable } from "./listeners.js";
import { Presence } from "./presence.js";
import { Replica } from "./replica.js";

/** @import { Draft, PatchOp, SyncedStore, SyncedStoreOptions } from "./index.js" */

export const version = "0.1.0";

/**
 * @template {object} T
 * @implements {SyncedStore<T>}
 */
export class Store {
  #replica;
  #ignoreSignal = () => {};

  /**
   * @param {string | URL} url
   * @param {SyncedStoreOptions<T>} options
   * @param {() => true | Promise<true>} load starts the core
   * @param {boolean} development
   */
  constructor(url, options, load, development) {
    const { signal } = options;
    const place = address(url);
    this.room = place.room;
    const replica = (this.#replica = new Replica(this, place.url, options));
    this.status = readable(
      () => replica.status,
      (run) => this.on("status", run),
    );
    this.history = new History(options.history || {}, replica);
    this.presence = new Presence(options.presence, replica, development);
    replica.load(load, development);
    if (signal?.aborted) this.dispose();
    const dispose = () => this.dispose();
    signal?.addEventListener("abort", dispose);
    this.#ignoreSignal = () => signal?.removeEventListener("abort", dispose);
  }

  /**
   * @template {object} T
   * @param {string | URL} url
   * @param {SyncedStoreOptions<T>} options
   * @returns {Promise<SyncedStore<T>>}
   */
  static async open(url, options) {
    const Entry = /** @type {typeof SyncedStore} */ (/** @type {unknown} */ (this));
    const store = new Entry(url, { ...options, autoConnect: true });
    try {
      return await store.ready;
    } catch (error) {
      store.dispose();
      throw error;
    }
  }

  get clientId() {
    return this.#replica.clientId;
  }

  /** @returns {Promise<this>} */
  get ready() {
    return this.#replica.ready.promise;
  }

  get state() {
    return this.#replica.state;
  }

  getSnapshot = () => this.state;
  getServerSnapshot = () => this.#replica.initial;
  /** @param {() => void} listener */
  subscribe = (listener) => this.#replica.listeners.add("change", listener);

  /** @param {(draft: Draft<T>) => unknown} recipe */
  update(recipe) {
    if (typeof recipe !== "function") throw fault("invalid-patch", "no-recipe");
    this.history.edit();
    return this.#replica.changes.made(
      this.#replica.run((core, theirs) => core.update(theirs(recipe))),
    );
  }

  /** @param {readonly PatchOp[]} ops */
  patch(ops) {
    this.history.edit();
    return this.#replica.changes.made(this.#replica.run((core) => core.patch(ops)));
  }

  /**
   * @template R
   * @param {() => R} fn
   * @returns {R}
   */
  transact(fn) {
    return this.#replica.changes.transact(fn, (body, inner) => {
      if (!inner) this.history.edit();
      return this.#replica.run((core, theirs) => core.transact(theirs(body)));
    });
  }

  /** @param {{ signal?: AbortSignal }} [options] */
  flush({ signal } = {}) {
    return this.#replica.flush(signal);
  }

  connect() {
    this.#replica.connect();
  }

  disconnect() {
    this.#replica.disconnect();
  }

  /** @param {import("./index.js").Auth | undefined} auth */
  setAuth(auth) {
    this.#replica.setAuth(auth);
  }

  /**
   * @param {string} type
   * @param {(event: any) => void} listener
   * @param {{ signal?: AbortSignal, once?: boolean }} [options]
   */
  on(type, listener, options = {}) {
    const replica = this.#replica;
    if (replica.disposed) return () => {};
    return replica.listeners.on(type, listener, options, () => replica.watch());
  }

  [telling]() {
    this.#replica.listeners.tell("change");
  }

  dispose() {
    this.#ignoreSignal();
    this.#replica.dispose();
  }

  [disposing]() {
    this.dispose();
  }

  async [asyncDisposing]() {
    this.dispose();
    await this.#replica.written();
  }

  async clearLocal() {
    this.dispose();
    await this.#replica.clearLocal();
  }
}
