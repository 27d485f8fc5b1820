// @ts-check
// The store that all entries share: what the app reads, writes and listens to.

import { History } from "./history.js";
import { address, asyncDisposing, disposing, telling } from "./host.js";
import { fault } from "./errors.js";
import { Presence } from "./presence.js";
import { counter, guards, text } from "./handles.js";
import { readable, selected } from "./listeners.js";
import { Replica } from "./replica.js";

/** @import { SyncedStore as Core, Made } from "./core.js" */
/** @import { Change, Draft, Path, PatchOp, SyncedStore, SyncedStoreOptions, UpdateOptions } from "./index.js" */

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
    if (options?.initial === undefined) throw new TypeError("options.initial is missing");
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
    const store = new Entry(url, options);
    try {
      store.connect();
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

  /**
   * @template S
   * @param {(state: any) => S} selector
   * @param {(a: S, b: S) => boolean} [equal]
   */
  select(selector, equal = Object.is) {
    return selected(this.getSnapshot, this.subscribe, selector, equal);
  }

  /**
   * @param {(draft: Draft<T>) => unknown} recipe
   * @param {UpdateOptions} [options]
   */
  update(recipe, options) {
    if (typeof recipe !== "function") throw fault("invalid-patch", "no-recipe");
    return this.#write(options, (core, theirs, ...said) => core.update(theirs(recipe), ...said));
  }

  /**
   * @param {readonly PatchOp<any>[]} ops
   * @param {UpdateOptions} [options]
   */
  patch(ops, options) {
    return this.#write(options, (core, _, ...said) => core.patch(ops, ...said));
  }

  /**
   * @template R
   * @param {() => R} fn
   * @param {UpdateOptions} [options]
   * @returns {R}
   */
  transact(fn, { label, undoable, test } = {}) {
    if (typeof fn !== "function") throw fault("invalid-patch", "no-recipe");
    const body = test ? () => (this.patch(guards(test)), fn()) : fn;
    return this.#replica.changes.transact(body, (body, inner) => {
      if (!inner && undoable !== false) this.history.edit();
      return this.#replica.run((core, theirs) =>
        core.transact(theirs(body), label, undoable === false),
      );
    });
  }

  /**
   * @param {UpdateOptions | undefined} options
   * @param {(core: Core, theirs: <F>(fn: F) => F, label: string | undefined, silent: boolean) => Made | undefined} act
   * @returns {Change}
   */
  #write(options, act) {
    if (options?.test) return this.transact(() => this.#write(undefined, act), options);
    const silent = options?.undoable === false;
    // In a transaction it is the whole that is an edit, or is not.
    if (!silent && !this.#replica.changes.inTransaction) this.history.edit();
    const made = this.#replica.run((core, theirs) => act(core, theirs, options?.label, silent));
    return this.#replica.changes.made(made);
  }

  /** @param {Path} path */
  text(path) {
    return text(this, path, (error) => this.#replica.listeners.fail(error));
  }

  /** @param {Path} path */
  counter(path) {
    return counter(this, path);
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
    // What is there now is no news.
    if (type === "presence") this.presence.get();
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
