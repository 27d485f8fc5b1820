// @ts-check

import { Credentials } from "./credentials.js";
import { SyncedStoreError } from "./errors.js";
import { watch } from "./surroundings.js";

/** @import { SyncedStore as Core } from "./core.js" */

/** The socket, the timer, the credentials and the surroundings of one core. Its methods are called as what the core tells to do. */
export class Wire {
  /** Is told what happens. @type {Pick<Core, "opened" | "frame" | "closed" | "wake">} */
  #core;
  #url;
  /** Opens a socket: a class or a function. @type {any} */
  #make;
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #credentials;
  #report;
  #unwatch;

  /**
   * @param {Core} core
   * @param {string} url
   * @param {Pick<import("./index.js").SyncedStoreOptions<object>, "WebSocket" | "auth">} options
   * @param {(error: SyncedStoreError) => void} report
   */
  constructor(core, url, options, report) {
    this.#core = core;
    this.#url = url;
    this.#make = options.WebSocket;
    this.#report = report;
    this.#credentials = new Credentials(core, report);
    this.#credentials.use(options.auth);
    this.#unwatch = watch(core, url);
  }

  /** @param {boolean} refused */
  auth(refused) {
    this.#credentials.ask(refused);
  }

  /** @param {import("./credentials.js").Auth} auth */
  setAuth(auth) {
    this.#credentials.use(auth);
  }

  /** @param {string} protocol */
  open(protocol) {
    const core = this.#core;
    const make = this.#make ?? globalThis.WebSocket;
    try {
      // An arrow function has no prototype, and cannot be called with `new`.
      const socket = make.prototype ? new make(this.#url, [protocol]) : make(this.#url, [protocol]);
      // A promise of one, for instance.
      if (typeof socket.close !== "function") throw new TypeError(`${socket} is no WebSocket`);
      this.#socket = socket;
      socket.onopen = () => core.opened();
      socket.onmessage = (/** @type {MessageEvent} */ event) => core.frame(event);
      socket.onclose = (/** @type {CloseEvent} */ event) => core.closed(event);
      // `onclose` says it all, but an error that nobody listens for ends a process of Node.
      socket.onerror = () => {};
    } catch (cause) {
      this.#report(new SyncedStoreError("network", NO_SOCKET, { cause }));
      core.closed({ code: 1006, reason: "" });
    }
  }

  /**
   * What waits in the socket is never more than a push, which is no larger than a message may be
   * and is followed by another only when it is answered, and a few short messages.
   * @param {string} text
   */
  send(text) {
    this.sending(text)();
  }

  /**
   * What sends a text on the socket that is open now, or not at all.
   * @param {string} text
   */
  sending(text) {
    const socket = this.#socket;
    return () => {
      if (!socket || socket !== this.#socket) return;
      // One that is closing is about to say so, and would only complain; not all say how they are.
      if (!(socket.readyState > 1)) socket.send(text);
    };
  }

  close() {
    this.#credentials.drop();
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    // `onerror` stays: a socket that is closed before it was open has yet to say so.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {number} [ms] until the core is woken; nothing for not at all */
  wait(ms) {
    clearTimeout(this.#timer);
    if (ms !== undefined) this.#timer = setTimeout(() => this.#core.wake(), ms);
  }

  end() {
    this.wait();
    this.#unwatch();
    // Last, because the socket may be the app's, and throw.
    this.close();
  }
}

const NO_SOCKET = "no socket was made, see cause; the store tries again";
