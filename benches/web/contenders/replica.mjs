// @ts-check
// What every contender is, and the recipes that those with drafts share.

/**
 * @import { Doc, Item } from "../document.mjs"
 *
 * @typedef {object} Replica one client's document
 * @property {Doc} state the snapshot as it is now
 * @property {string[]} sent what it gave to the socket
 * @property {(k: number) => void} toggle writes one member of one item
 * @property {(item: Item) => void} unshift inserts at the front
 * @property {(ks: number[]) => void} toggleAll writes one member of many items, in one update
 * @property {(frame: string) => void} receive takes a frame of the room
 * @property {() => string} [answer] what the room says to the last push; some do not wait for it
 * @property {(before: Doc, m: number) => void} undo takes `m` items from the front, after which
 *   the document is equal to `before`; never timed
 * @property {() => void} [close]
 *
 * @typedef {object} Contender
 * @property {string} id
 * @property {() => (welcome: string) => Replica} connect everything before the first frame
 * @property {(sent: string, version: number) => string} relay the frame in which the others get it
 */

/** @param {number} k @returns {(draft: Doc) => void} */
export const toggle = (k) => (draft) => {
  const item = draft.items[k];
  item.done = !item.done;
};

/** @param {number[]} ks @returns {(draft: Doc) => void} */
export const toggleAll = (ks) => (draft) => {
  for (const k of ks) {
    const item = draft.items[k];
    item.done = !item.done;
  }
};

/** @param {Item} item @returns {(draft: Doc) => void} */
export const unshift = (item) => (draft) => {
  draft.items.unshift(item);
};

/** @param {number} m @returns {(draft: Doc) => void} */
export const takeFront = (m) => (draft) => {
  draft.items.splice(0, m);
};
