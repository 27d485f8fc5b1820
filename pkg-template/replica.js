// @ts-check
// What a store works with: the core, and what holds while there is none, before it is loaded and
// after the end. The core has the meaning; here its words become promises, events and errors.

import { Changes } from "./changes.js";
import { LocalCopy } from "./copy.js";
import { SyncedStore as Core } from "./core.js";
import { needAuth } from "./credentials.js";
import { DisposedError, SyncedStoreError, errorOf } from "./errors.js";
import { Flushes } from "./flushes.js";
import { Own, whenLoaded } from "./guard.js";
import { inBrowser, needSocket, report } from "./host.js";
import { Later } from "./later.js";
import { Listeners } from "./listeners.js";
import { Wire } from "./wire.js";

/** @import { CoreStatus } from "./core.js" */
/** @import { Auth, Status, SyncedStore, SyncedStoreOptions } from "./index.js" */

export class Replica {
  /** @type {Core | undefined} */
  #core;
  /** @type {Wire | undefined} */
  #wire;
  /** The state that was read last, which stays when the core is gone. @type {any} */
  #state;
  /** @type {any} */
  initial;
  #clientId = "";
  /** @type {Status} */
  status = { state: "loading", pending: 0 };
  /** Whether the app wants a connection. */
  #wanted;
  disposed = false;
  #store;
  #options;
  #address;
  listeners;
  /** @type {Later<any>} */
  ready = new Later();
  changes;
  #flushes = new Flushes();
  /** @type {LocalCopy | undefined} */
  #copy;
  /** Whether the copy is being looked for: there is no connection before. */
  #restoring = false;

  /**
   * @param {any} store what the app has of it
   * @param {string} address
   * @param {SyncedStoreOptions<any>} options
   */
  constructor(store, address, options) {
    const { initial, autoConnect = inBrowser(), logLevel = "error" } = options;
    needAuth(options.auth);
    this.#store = store;
    this.#options = options;
    this.#address = address;
    this.#wanted = autoConnect;
    this.listeners = new Listeners(logLevel, (error) => report(error, options));
    this.changes = new Changes(this.listeners, () => this.state);
    this.initial = this.#state = typeof initial === "function" ? initial() : initial;
    if (options.persist) this.#copy = new LocalCopy(options, address, this.listeners, this.act);
  }

  /**
   * Starts the core: now, where that is possible.
   * @param {() => true | Promise<true>} load
   * @param {boolean} development
   */
  load(load, development) {
    const begin = () => this.#begin(development);
    whenLoaded(load, begin, (error) => this.#fail(error));
  }

  get clientId() {
    return this.#core?.clientId ?? this.#clientId;
  }

  get state() {
    try {
      if (this.#core) this.#state = this.#core.state;
    } catch (error) {
      this.#caught(error);
    }
    return this.#state;
  }

  /** Lets the core do something while there is one. @type {<R>(act: (core: Core) => R) => R | undefined} */
  act = (act) => this.#core && this.run(act);

  /**
   * Lets the core do something. `theirs` marks a function of the app: what that throws is its own.
   * @template R
   * @param {(core: Core, theirs: <F>(fn: F) => F) => R} act
   * @returns {R}
   */
  run(act) {
    if (!this.#core) throw this.#absence();
    const own = new Own();
    try {
      return act(this.#core, own.mark);
    } catch (error) {
      throw this.#caught(error, own.thrown);
    }
  }

  /** @param {AbortSignal | undefined} signal */
  flush(signal) {
    const flushed = this.#flushes.add(signal);
    this.#endFlushes();
    return flushed;
  }

  connect() {
    if (this.disposed) throw new DisposedError();
    // Who waits for the wasm need not wait for what cannot be.
    if (this.status.state !== "failed") needSocket(this.#address, this.#options.WebSocket);
    this.#wanted = true;
    if (!this.#restoring) this.act((core) => core.connect());
  }

  disconnect() {
    this.#wanted = false;
    if (!this.#restoring) this.act((core) => core.disconnect());
  }

  /** @param {Auth | undefined} auth */
  setAuth(auth) {
    needAuth(auth);
    this.#options = { ...this.#options, auth };
    if (this.#core) this.#wire?.setAuth(auth);
  }

  dispose() {
    if (this.disposed) return;
    const core = this.#core;
    this.#state = this.state;
    this.#clientId = this.clientId;
    const pending = this.#pending();
    this.disposed = true;
    this.#drop(new DisposedError());
    // A listener may have called this while the core is at work, and then it cannot be freed yet.
    queueMicrotask(() => core?.free());
    this.status = { state: "closed", pending };
    this.listeners.tell("status", this.status);
    this.listeners.tell("history");
    this.listeners.clear();
  }

  /** Resolves when what is kept is written. */
  async written() {
    await this.#copy?.close();
  }

  async clearLocal() {
    await this.#copy?.clear();
  }

  /** Operations are written out for listeners only. */
  watch() {
    const { logLevel } = this.#options;
    this.#core?.watch(logLevel === "debug" || this.listeners.count("patch") > 0);
  }

  /**
   * Makes the core, now that wasm is here.
   * @param {boolean} development
   */
  #begin(development) {
    if (this.disposed) return;
    const { connection, history } = this.#options;
    const limit = history ? history.limit : history === false ? 0 : undefined;
    const options = { ...connection, initial: this.initial, development, history: limit };
    try {
      this.#core = new Core(options, (type, event) => this.#hear(type, event));
    } catch (error) {
      throw this.#caught(error);
    }
    this.#wire = new Wire(this.#core, this.#address, this.#options, (error) =>
      this.listeners.fail(error),
    );
    // The core's own checked copy: what the app does to its object later has no effect.
    this.initial = this.state;
    this.watch();
    if (this.#copy) this.#restore(this.#copy);
    else this.#started();
  }

  /** @param {LocalCopy} copy */
  async #restore(copy) {
    this.#restoring = true;
    const waiting = await copy.restore();
    this.#restoring = false;
    if (!this.#core) return;
    if (waiting) this.changes.restored(waiting);
    this.#started();
    if (waiting) this.ready.resolve(this.#store);
    this.#endFlushes();
  }

  #started() {
    this.#take(/** @type {Core} */ (this.#core).status);
    this.listeners.tell("change");
    if (this.#wanted) queueMicrotask(() => this.#connectIfWanted());
  }

  /** The room is here, and what other tabs have left can be sent, by stores like this one. */
  #greeted() {
    this.ready.resolve(this.#store);
    const Entry = this.#store.constructor;
    const options = { ...this.#options, presence: undefined };
    this.#copy?.inherit((more) => new Entry(this.#address, { ...options, ...more }));
  }

  #connectIfWanted() {
    if (!this.#wanted || !this.#core) return;
    try {
      this.connect();
    } catch (error) {
      this.listeners.fail(/** @type {SyncedStoreError} */ (error));
    }
  }

  #absence() {
    if (this.disposed) return new DisposedError();
    const status = this.status;
    return status.state === "failed" ? status.error : new SyncedStoreError("unavailable");
  }

  /**
   * What the app sees of something thrown in the core.
   * @param {any} error
   * @param {unknown} [theirOwn] what the app's function threw
   * @returns {unknown}
   */
  #caught(error, theirOwn) {
    if (error?.draftsync === 1) return errorOf(error);
    if (error === theirOwn || !(error instanceof WebAssembly.RuntimeError)) return error;
    const failure = new SyncedStoreError("internal", undefined, { cause: error });
    this.#fail(failure);
    return failure;
  }

  /**
   * @param {string} type
   * @param {any} event
   */
  #hear(type, event) {
    if (!this.#core) return; // What a core says after it was let go counts no more.
    const wire = /** @type {any} */ (this.#wire);
    if (type === "close") this.#copy?.pause();
    if (type === "note" || type === "keep") return this.#copy?.[type](event);
    if (type === "send" && this.#copy) return this.#copy.send(wire.sending(event));
    if (type in wire) return wire[type](event);
    if (event?.version > this.changes.version) this.changes.version = event.version;
    if (type === "status")
      this.#take(this.#restoring ? { ...this.status, pending: event.pending } : event);
    else if (type === "settled") this.changes.end(event.seq, { settled: event });
    else if (type === "rejected") this.changes.end(event.seq, { refused: event });
    else if (type === "ready") this.#greeted();
    else if (type === "error") this.listeners.fail(errorOf(event));
    else this.listeners.tell(type, event);
    this.listeners.tell("history");
    this.#endFlushes();
  }

  /** @param {CoreStatus | Status} status */
  #take(status) {
    const error = /** @type {CoreStatus} */ (status).error;
    this.status = /** @type {Status} */ (error ? { ...status, error: errorOf(error) } : status);
    if (this.status.state === "failed") this.ready.reject(this.status.error);
    this.listeners.tell("status", this.status);
  }

  /**
   * Ends for good what cannot go on; the state stays readable.
   * @param {SyncedStoreError} error
   */
  #fail(error) {
    if (this.disposed) return;
    this.status = { state: "failed", pending: this.status.pending, error };
    this.#drop(error);
    // The constructor may be running, and the app does not have the store yet.
    queueMicrotask(() => {
      this.listeners.tell("status", this.status);
      this.listeners.tell("history");
      this.listeners.fail(error);
    });
  }

  /**
   * Lets the core go, and tells whoever waits for it.
   * @param {SyncedStoreError} error
   */
  #drop(error) {
    const core = this.#core;
    this.#core = undefined;
    for (const end of [
      () => this.#wire?.end(),
      () => core?.dispose(),
      () => void this.#copy?.close(),
    ])
      try {
        end();
      } catch {
        // It has failed already; there is nothing more to close.
      }
    this.ready.reject(error);
    this.changes.drop(error);
    this.#flushes.end(error);
  }

  #endFlushes() {
    // What was kept may be waiting.
    if (this.#restoring) return;
    if (this.#pending() === 0) this.#flushes.end();
    else if (!this.#core || this.status.state === "failed") this.#flushes.end(this.#absence());
  }

  #pending() {
    return this.#core?.pending ?? this.status.pending;
  }
}
