// @ts-check

import { Later } from "./later.js";

/** @import { Made, Refusal, Settled } from "./core.js" */
/** @import { Change, Outcome } from "./index.js" */

/**
 * A change, and what it will come to.
 * @typedef {object} Open
 * @property {Change & { id: string }} change
 * @property {Later<Outcome>} later
 * @property {Made["patches"]} patches
 */
/** What became of a change. @typedef {{ settled: Settled } | { refused: Refusal }} End */

/** @returns {Open} */
export function opened() {
  /** @type {Later<Outcome>} */
  const later = new Later();
  const change = {
    id: "",
    get patches() {
      if (typeof open.patches === "function") open.patches = open.patches();
      return open.patches;
    },
    get confirmed() {
      return later.promise;
    },
  };
  /** @type {Open} */
  const open = { change, later, patches: [] };
  return open;
}

/** The changes whose end is not known. */
export class Changes {
  /**
   * By seq. An end stands here alone when it came before the call that made its change returned,
   * as it does with a server in the same process.
   * @type {Map<number, Open | End>}
   */
  #bySeq = new Map();
  /** The newest version that is known. */
  version = 0;
  /** What all of them came to, once the store has ended. @type {unknown} */
  #over;
  #onRefused;

  /** @param {(open: Open, refusal: Refusal) => void} onRefused */
  constructor(onRefused) {
    this.#onRefused = onRefused;
  }

  /**
   * @param {Open} open
   * @param {Partial<Made> | undefined} made nothing when nothing has changed
   */
  enter(open, { seq, id = "", patches = [] } = {}) {
    if (seq === undefined) {
      open.later.resolve({ version: this.version, rebased: false, lost: [] });
      return;
    }
    open.change.id = id;
    open.patches = patches;
    // A listener has ended the store before the call that made this change has returned.
    if (this.#over) return open.later.reject(this.#over);
    const end = this.#bySeq.get(seq);
    this.#bySeq.set(seq, open);
    if (end && !("later" in end)) this.end(seq, end);
  }

  /**
   * @param {number} seq
   * @param {End} end
   */
  end(seq, end) {
    const open = this.#bySeq.get(seq);
    if (!open || !("later" in open)) {
      this.#bySeq.set(seq, end);
      return;
    }
    this.#bySeq.delete(seq);
    if ("refused" in end) {
      this.#onRefused(open, end.refused);
      return;
    }
    const { version, rebased, lost } = end.settled;
    const named = lost.map(({ op, reason }) => ({
      op: typeof op === "number" ? open.change.patches[op] : op,
      reason,
    }));
    open.later.resolve({ version, rebased, lost: named });
  }

  /** @param {unknown} error what all of them come to */
  drop(error) {
    this.#over = error;
    for (const open of this.#bySeq.values()) if ("later" in open) open.later.reject(error);
    this.#bySeq.clear();
  }
}
