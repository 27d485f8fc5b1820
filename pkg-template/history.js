// @ts-check

/** @import { SyncedStore as Core } from "./core.js" */
/** @import { Change, History as Shown, HistoryOptions } from "./index.js" */
/** @import { Listeners } from "./listeners.js" */

/** What may be done, by the core's number for it; always the same objects. */
const VALUES = [0, 1, 2, 3].map((bits) =>
  Object.freeze({ canUndo: (bits & 1) > 0, canRedo: bits > 1 }),
);

/** Undo and redo of this replica's own edits. @implements {Shown} */
export class History {
  #core;
  #made;
  #listeners;
  #groupMs;
  /** How many groups the app has open. */
  #groups = 0;
  /** When the last edit was. */
  #last = -Infinity;

  /**
   * @param {HistoryOptions} options
   * @param {<R>(act: (core: Core) => R) => R | undefined} core does something while there is one
   * @param {(redo: boolean) => Change | null} made
   * @param {Listeners} listeners
   */
  constructor({ groupMs = 400 }, core, made, listeners) {
    this.#groupMs = groupMs;
    this.#core = core;
    this.#made = made;
    this.#listeners = listeners;
  }

  get value() {
    return VALUES[this.#core((core) => core.history()) ?? 0];
  }

  get = () => this.value;

  /** @param {(value: (typeof VALUES)[0]) => void} run */
  subscribe = (run) => {
    let told = this.value;
    run(told);
    return this.#listeners.add("history", () => {
      if (told !== (told = this.value)) run(told);
    });
  };

  undo() {
    return this.#made(false);
  }

  redo() {
    return this.#made(true);
  }

  clear() {
    this.#core((core) => core.clearHistory());
    this.#listeners.tell("history");
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
    this.#core((core) => core.beginGroup());
  }
}
