// @ts-check
// What a document must be after the edits so far, kept without any contender's code.

/** @import { Doc, Item } from "./document.mjs" */

export class Expected {
  /** @param {Doc} document as it is in the beginning; nobody changes it */
  constructor({ title, items }) {
    this.title = title;
    this.items = items;
    /** @type {Item[]} newest last */
    this.front = [];
    this.done = items.map(({ done }) => done);
  }

  /** @param {number} k */
  toggle(k) {
    this.done[k] = !this.done[k];
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
    const length = ahead + this.items.length;
    if (state.title !== this.title) throw new Error(`${whose}: the title is ${state.title}`);
    if (Object.keys(state).length !== 2) throw new Error(`${whose}: there are other members`);
    if (state.items.length !== length) {
      throw new Error(`${whose}: ${state.items.length} items, not ${length}`);
    }
    for (let i = 0; i < length; i++) {
      const wanted = i < ahead ? this.front[ahead - 1 - i] : this.items[i - ahead];
      const done = i < ahead ? wanted.done : this.done[i - ahead];
      if (same(state.items[i], wanted, done)) continue;
      const [found, right] = [state.items[i], { ...wanted, done }].map((one) =>
        JSON.stringify(one),
      );
      throw new Error(`${whose}: item ${i} is ${found}, not ${right}`);
    }
  }
}

/** @param {Item} found @param {Item} wanted @param {boolean} done */
function same(found, wanted, done) {
  if (found.done !== done || found.id !== wanted.id || found.text !== wanted.text) return false;
  if (found.owner !== wanted.owner || found.rank !== wanted.rank) return false;
  let members = 0;
  for (const _ in found) members++;
  return members === 5;
}
