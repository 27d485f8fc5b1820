// @ts-check

import { TestRoom } from "./testing.core.js";

/** @import { Json } from "./index.js" */
/** @import { LoggedChange } from "./testing.js" */

/** What a room says: a frame for some sessions, or the end of one. */
/** @typedef {{ to: number[], text: string } | { close: number, code: number, reason: string }} Said */

/** A room of the test server, and its time. */
export class HostedRoom {
  #core;
  #tell;
  /** The room's time, in milliseconds. */
  #now = 0;
  #stopTimer = () => {};
  /** What was said and not told yet. @type {Said[]} */
  #said = [];
  #telling = false;

  /**
   * @param {string} epoch
   * @param {(said: Said) => void} tell
   */
  constructor(epoch, tell) {
    this.#core = new TestRoom(epoch);
    this.#tell = tell;
  }

  get epoch() {
    return this.#core.epoch;
  }

  get document() {
    const json = this.#core.document();
    return json === undefined ? undefined : /** @type {Json} */ (JSON.parse(json));
  }

  /** @returns {LoggedChange[]} */
  get log() {
    /** @type {any[]} */
    const changes = JSON.parse(this.#core.log());
    return changes.map(({ version, client_id, tag, patch }) => ({
      version,
      clientId: client_id,
      id: tag ?? "",
      patches: patch,
    }));
  }

  /**
   * @param {{ session: number, writes: boolean, user: Json }} author
   * @param {string} text
   * @param {number[]} refused the places of changes that are not to be taken
   */
  frame({ session, writes, user }, text, refused) {
    const places = new Uint32Array(refused);
    this.#act((core) => core.frame(session, text, writes, JSON.stringify(user), places));
  }

  /** @param {number} session */
  closed(session) {
    this.#act((core) => core.closed(session));
  }

  /** @param {string} epoch */
  restart(epoch) {
    this.#stopTimer();
    this.#core.restart(epoch);
  }

  free() {
    this.#stopTimer();
    this.#core.free();
  }

  /** @param {(core: TestRoom) => string} act */
  #act(act) {
    this.#now = Math.max(this.#now, performance.now());
    this.#stopTimer();
    this.#said.push(...JSON.parse(this.#core.time(this.#now)), ...JSON.parse(act(this.#core)));
    const due = this.#core.due();
    if (due !== undefined) this.#wait(due);
    // To be told of its end a socket tells the room, which says more: that comes after this.
    if (this.#telling) return;
    this.#telling = true;
    for (let said = this.#said.shift(); said; said = this.#said.shift()) this.#tell(said);
    this.#telling = false;
  }

  /** @param {number} due */
  #wait(due) {
    // The two of the same moment: a test may replace and restore them meanwhile.
    const { setTimeout, clearTimeout } = globalThis;
    const timer = setTimeout(() => {
      // A timer that has come says what time it is, also where a test has replaced it and no clock.
      this.#now = Math.max(this.#now, due);
      this.#act(() => "[]");
    }, due - this.#now);
    this.#stopTimer = () => clearTimeout(timer);
  }
}
