// @ts-check

/** @import { History as Shown, HistoryOptions } from "./index.js" */
/** @import { Replica } from "./replica.js" */

/** What may be done, by the core's number for it; always the same objects. */
const VALUES = [0, 1, 2, 3].map((bits) =>
  Object.freeze({ canUndo: (bits & 1) > 0, canRedo: bits > 1 }),
);

/** Undo and redo of this replica's own edits. @implements {Shown} */
export class History {
  #replica;
  #groupMs;
  /** How many groups the app has open. */
  #groups = 0;
  /** When the last edit was. */
  #last = -Infinity;

  /**
   * @param {HistoryOptions} options
   * @param {Replica} replica
   */
  constructor({ groupMs = 400 }, replica) {
    this.#groupMs = groupMs;
    this.#replica = replica;
  }

  get value() {
    return VALUES[this.#replica.act((core) => core.history()) ?? 0];
  }

  get = () => this.value;

  /** @param {(value: (typeof VALUES)[0]) => void} run */
  subscribe = (run) => {
    let told = this.value;
    run(told);
    return this.#replica.listeners.add("history", () => {
      if (told !== (told = this.value)) run(told);
    });
  };

  undo() {
    return this.#step(false);
  }

  redo() {
    return this.#step(true);
  }

  /** @param {boolean} redo */
  #step(redo) {
    const made = this.#replica.run((core) => core.stepBack(redo));
    return made ? this.#replica.changes.made(made) : null;
  }

  clear() {
    this.#replica.act((core) => core.clearHistory());
    this.#replica.listeners.tell("history");
  }

  group() {
    this.#begin();
    this.#groups++;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#groups--;
      this.#begin();
    };
  }

  /** An edit follows: it joins the one before when that was a moment ago. */
  edit() {
    const now = performance.now();
    if (!this.#groups && now - this.#last >= this.#groupMs) this.#begin();
    this.#last = now;
  }

  #begin() {
    if (this.#groups) return;
    this.#last = -Infinity;
    this.#replica.act((core) => core.beginGroup());
  }
}
