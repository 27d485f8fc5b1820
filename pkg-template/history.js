// @ts-check

import { following } from "./listeners.js";

/** @import { History as Shown, HistoryOptions } from "./index.js" */
/** @import { Replica } from "./replica.js" */

/** Undo and redo of this replica's own edits. @implements {Shown} */
export class History {
  #replica;
  #groupMs;
  /** What would be undone and redone, as it was told last. @type {(string | null | undefined)[]} */
  #next = [];
  /** @type {Shown["value"]} */
  #value = { canUndo: false, canRedo: false };
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
    const next = [false, true].map((redo) => this.#replica.act((core) => core.nextLabel(redo)));
    const [undo, redo] = next;
    if (undo !== this.#next[0] || redo !== this.#next[1]) {
      this.#next = next;
      this.#value = Object.freeze({
        canUndo: undo !== undefined,
        canRedo: redo !== undefined,
        undoLabel: undo ?? undefined,
        redoLabel: redo ?? undefined,
      });
    }
    return this.#value;
  }

  get = () => this.value;

  subscribe = following(this.get, (tell) => this.#replica.listeners.add("history", tell)).subscribe;

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

  /** @param {string} [label] */
  group(label) {
    this.#begin(label);
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

  /** @param {string} [label] */
  #begin(label) {
    if (this.#groups) return;
    this.#last = -Infinity;
    this.#replica.act((core) => core.beginGroup(label));
  }
}
