// @ts-check
// What a document must be after the edits so far, kept without any contender's code.

import { item } from "./document.mjs";

/** @import { Doc, Item } from "./document.mjs" */

export class Expected {
  /** @param {number} n */
  constructor(n) {
    this.n = n;
    /** @type {Item[]} newest last */
    this.front = [];
    this.done = Uint8Array.from({ length: n }, (_, i) => Number(item(i).done));
  }

  /** @param {number} k */
  toggle(k) {
    this.done[k] ^= 1;
  }

  /** @param {Item} item */
  unshift(item) {
    this.front.push(item);
  }

  undo() {
    this.front.length = 0;
  }

  /** Fails unless the whole document is right. @param {Doc} state @param {string} whose */
  check(state, whose) {
    const ahead = this.front.length;
    if (state.title !== "House list") throw new Error(`${whose}: the title is ${state.title}`);
    if (Object.keys(state).length !== 2)
      throw new Error(`${whose}: the document has other members`);
    if (state.items.length !== ahead + this.n) {
      throw new Error(`${whose}: ${state.items.length} items, not ${ahead + this.n}`);
    }
    for (const [i, found] of state.items.entries()) {
      const wanted = i < ahead ? this.front[ahead - 1 - i] : this.#kept(i - ahead);
      if (!same(found, wanted)) {
        const texts = `${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`;
        throw new Error(`${whose}: item ${i} is ${texts}`);
      }
    }
  }

  /** @param {number} i @returns {Item} */
  #kept(i) {
    return { ...item(i), done: this.done[i] === 1 };
  }
}

/** @param {Item} found @param {Item} wanted */
function same(found, wanted) {
  return (
    found.id === wanted.id &&
    found.text === wanted.text &&
    found.done === wanted.done &&
    found.owner === wanted.owner &&
    found.rank === wanted.rank &&
    Object.keys(found).length === 5
  );
}
