// @ts-check

import { SyncedStoreError } from "./errors.js";

/** @import { SyncedStore as Core } from "./core.js" */
/** @typedef {import("./index.js").Auth | undefined} Auth */

/**
 * Throws for what is no `auth`: a promise, for instance, would go as a text that no room lets in.
 * @param {unknown} auth
 */
export function needAuth(auth) {
  if (typeof auth === "function" || typeof (auth ?? "") === "string") return;
  throw new TypeError("auth is neither a text nor a function");
}

/** What lets a store in: a text, or a function of the app's that is asked for one. */
export class Credentials {
  /** @type {Pick<Core, "setAuth" | "answered">} */
  #core;
  #report;
  /** @type {Auth} */
  #auth;
  /** Aborted when the answer is no longer wanted. */
  #asking = new AbortController();

  /**
   * @param {Pick<Core, "setAuth" | "answered">} core
   * @param {(error: SyncedStoreError) => void} report
   */
  constructor(core, report) {
    this.#core = core;
    this.#report = report;
  }

  /** @param {Auth} auth */
  use(auth) {
    this.drop();
    this.#auth = auth;
    const asks = typeof auth === "function";
    this.#core.setAuth(asks ? undefined : auth, asks);
  }

  /** @param {boolean} refused whether the room refused what was given before, or is about to */
  async ask(refused) {
    this.drop();
    const { signal } = this.#asking;
    const auth = /** @type {Exclude<Auth, string | undefined>} */ (this.#auth);
    let token;
    try {
      token = await auth({ reason: refused ? "expired" : "connect", signal });
      if (typeof token !== "string") throw new TypeError("auth gave no text");
    } catch (cause) {
      token = undefined;
      if (!signal.aborted) this.#report(new SyncedStoreError("unauthorized", NO_TOKEN, { cause }));
    }
    if (!signal.aborted) this.#core.answered(token);
  }

  /** Wants no answer any more to what was asked. */
  drop() {
    this.#asking.abort();
    this.#asking = new AbortController();
  }
}

const NO_TOKEN = "auth failed to give a token, see cause; the store asks again later";
