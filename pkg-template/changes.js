// @ts-check

import { RejectedError, fault } from "./errors.js";
import { sync } from "./guard.js";
import { Later } from "./later.js";

/** @import { Made, Refusal, Settled } from "./core.js" */
/** @import { Change, Outcome } from "./index.js" */
/** @import { Listeners } from "./listeners.js" */

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
  #listeners;
  #state;
  /** The change of the transaction that is running. @type {Open | undefined} */
  #transaction;

  /**
   * @param {Listeners} listeners
   * @param {() => any} state
   */
  constructor(listeners, state) {
    this.#listeners = listeners;
    this.#state = state;
  }

  /** Whether a transaction is running. */
  get inTransaction() {
    return this.#transaction !== undefined;
  }

  /**
   * What the app gets for what it wrote: the change of the transaction, inside one.
   * @param {Made | undefined} made
   */
  made(made) {
    const open = this.#transaction ?? opened();
    if (open !== this.#transaction) this.enter(open, made);
    return open.change;
  }

  /**
   * Makes one change of what `fn` writes. One inside another belongs to the outer change, but can
   * fail alone.
   * @template R
   * @param {() => R} fn
   * @param {(body: () => R, inner: boolean) => { readonly result: R } & Partial<Made>} run
   */
  transact(fn, run) {
    if (this.#transaction) return run(fn, true).result;
    const open = opened();
    const body = () => {
      this.#transaction = open;
      try {
        return sync(fn());
      } finally {
        // Listeners are told before the core returns, and what they write is another change.
        this.#transaction = undefined;
      }
    };
    try {
      const made = run(body, false);
      this.enter(open, made);
      return made.result;
    } catch (error) {
      open.later.reject(fault("rejected", "rolled-back"));
      throw error;
    }
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
   * Takes the changes that wait now that a copy was restored; those that were made meanwhile are
   * among them, and have other places.
   * @param {readonly Made[]} waiting
   */
  restored(waiting) {
    const before = [...this.#bySeq];
    this.#bySeq.clear();
    const places = new Map(waiting.map((made) => [made.id, made]));
    for (const [seq, open] of before) {
      // What a listener wrote meanwhile, or what has ended, has its place already.
      const made = "later" in open ? places.get(open.change.id) : undefined;
      this.#bySeq.set(made?.seq ?? seq, open);
      if (made) places.delete(made.id);
    }
    for (const made of places.values()) this.enter(opened(), made);
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
      this.#refuse(open, end.refused);
      return;
    }
    const { version, rebased, lost } = end.settled;
    const named = lost.map(({ op, reason }) => ({
      op: typeof op === "number" ? open.change.patches[op] : op,
      reason,
    }));
    open.later.resolve({ version, rebased, lost: named });
  }

  /**
   * @param {Open} open
   * @param {Refusal} refusal
   */
  #refuse({ change, later }, refusal) {
    const error = new RejectedError(refusal, change, this.#state());
    const alone = !later.asked && this.#listeners.count("rejected") === 0;
    later.reject(error);
    if (alone) this.#listeners.report(error);
    else this.#listeners.tell("rejected", { change, error });
  }

  /** @param {unknown} error what all of them come to */
  drop(error) {
    this.#over = error;
    for (const open of this.#bySeq.values()) if ("later" in open) open.later.reject(error);
    this.#bySeq.clear();
  }
}
