// @ts-check
// A hundred edits of each side, and what must come of both.

import { document, item, numbers } from "../document.mjs";

/**
 * @import { Item } from "../document.mjs"
 *
 * @typedef {{ kind: "set", at: number, done: boolean }
 *   | { kind: "insert", at: number, item: Item }
 *   | { kind: "remove", at: number }} Edit one change
 */

const EDITS = 100;
/** Ids of inserted items are above. */
const OLD_MAX = "t0500000";

/**
 * Of ten edits eight set a member, one inserts and one removes.
 * @param {number} n
 * @param {number} seed
 * @returns {Edit[]}
 */
export function edits(n, seed) {
  const random = numbers(seed);
  const done = document(n).items.map((item) => item.done);
  return Array.from({ length: EDITS }, (_, i) => {
    const at = Math.floor(random() * done.length);
    const kind = random();
    if (kind < 0.8) {
      // Setting what is there already would be no change for some.
      done[at] = !done[at];
      return { kind: "set", at, done: done[at] };
    }
    if (kind < 0.9) {
      const one = item(500_000 + seed * 1000 + i);
      done.splice(at, 0, one.done);
      return { kind: "insert", at, item: one };
    }
    done.splice(at, 1);
    return { kind: "remove", at };
  });
}

/** The patch of one edit, as text. @param {Edit} edit */
export function patchOf(edit) {
  const path = `/items/${edit.at}`;
  if (edit.kind === "insert") return JSON.stringify([{ op: "add", path, value: edit.item }]);
  if (edit.kind === "remove") return JSON.stringify([{ op: "remove", path }]);
  return JSON.stringify([{ op: "replace", path: `${path}/done`, value: edit.done }]);
}

/**
 * What must be there afterwards, by id: what was removed is gone, what was inserted is there, and
 * of two who set one member the second stands.
 * @param {number} n
 * @param {Edit[]} first
 * @param {Edit[]} second
 */
export function merged(n, first, second) {
  const { items } = document(n);
  /** @type {Map<string, Item>} */
  const all = new Map(items.map((item) => [item.id, item]));
  /** @type {Set<string>} */
  const removed = new Set();
  for (const side of [first, second]) {
    const list = items.map(({ id }) => id);
    for (const edit of side) {
      const id = list[edit.at];
      if (edit.kind === "insert") {
        list.splice(edit.at, 0, edit.item.id);
        all.set(edit.item.id, edit.item);
      } else if (edit.kind === "remove") {
        list.splice(edit.at, 1);
        removed.add(id);
      } else {
        all.set(id, { .../** @type {Item} */ (all.get(id)), done: edit.done });
      }
    }
  }
  for (const id of removed) all.delete(id);
  return all;
}

/**
 * Fails unless these are the right items, and those of old in their old order: nobody moved any.
 * @param {Item[]} items
 * @param {Map<string, Item>} right
 * @param {string} whose
 */
export function check(items, right, whose) {
  const ids = new Set(items.map(({ id }) => id));
  if (items.length !== right.size || ids.size !== right.size) {
    throw new Error(
      `${whose}: ${items.length} items, ${ids.size} of them different, not ${right.size}`,
    );
  }
  let last = "";
  for (const found of items) {
    const { id, text, done, owner, rank } = found;
    // The order of members is not the same in every library.
    const texts = [{ id, text, done, owner, rank }, right.get(id)].map((one) =>
      JSON.stringify(one),
    );
    if (texts[0] !== texts[1]) throw new Error(`${whose}: ${texts.join(", not ")}`);
    if (id > OLD_MAX) continue;
    if (id < last) throw new Error(`${whose}: ${id} stands after ${last}`);
    last = id;
  }
}
