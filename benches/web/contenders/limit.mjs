// @ts-check
// What one would write by hand for this document and these edits alone: no library, no draft, no
// queue. It parses and writes the same frames as the others and keeps old snapshots whole.

import { change } from "../frames.mjs";

/**
 * @import { Doc, Item } from "../document.mjs"
 * @import { Contender, Replica } from "./replica.mjs"
 * @typedef {{ op: "add" | "replace" | "remove", path: string, value?: any }} Op
 */

/** @implements {Replica} */
class Limit {
  /** @type {string[]} */
  sent = [];

  /** @param {Doc} state */
  constructor(state) {
    this.state = state;
  }

  /** @param {number} k */
  toggle(k) {
    const items = this.state.items.slice();
    const done = !items[k].done;
    items[k] = { ...items[k], done };
    this.state = { ...this.state, items };
    this.sent.push(JSON.stringify([{ op: "replace", path: `/items/${k}/done`, value: done }]));
  }

  /** @param {Item} item */
  unshift(item) {
    const items = this.state.items.slice();
    items.unshift(item);
    this.state = { ...this.state, items };
    this.sent.push(JSON.stringify([{ op: "add", path: "/items/0", value: item }]));
  }

  /** @param {number[]} ks */
  toggleAll(ks) {
    const items = this.state.items.slice();
    const ops = ks.map((k) => {
      const done = !items[k].done;
      items[k] = { ...items[k], done };
      return { op: "replace", path: `/items/${k}/done`, value: done };
    });
    this.state = { ...this.state, items };
    this.sent.push(JSON.stringify(ops));
  }

  /** @param {string} frame */
  receive(frame) {
    const { patch } = JSON.parse(frame);
    // One operation needs no list of what was copied.
    const copied = patch.length > 1 ? new Set() : undefined;
    for (const op of patch) this.state = applied(this.state, op, copied);
  }

  /** @param {Doc} before */
  undo(before) {
    this.state = before;
  }
}

/**
 * Copies along the path and edits its end.
 * @param {any} root
 * @param {Op} op
 * @param {Set<any> | undefined} copied containers that may be edited in place
 */
function applied(root, op, copied) {
  const keys = op.path.split("/");
  const top = own(root, copied);
  let here = top;
  for (let i = 1; i < keys.length - 1; i++) here = here[keys[i]] = own(here[keys[i]], copied);
  const last = keys[keys.length - 1];
  const list = Array.isArray(here);
  if (op.op === "replace" || (op.op === "add" && !list)) here[last] = op.value;
  else if (op.op === "add") here.splice(+last, 0, op.value);
  else if (list) here.splice(+last, 1);
  else delete here[last];
  return top;
}

/** @param {any} container @param {Set<any> | undefined} copied */
function own(container, copied) {
  if (copied?.has(container)) return container;
  const copy = Array.isArray(container) ? container.slice() : { ...container };
  copied?.add(copy);
  return copy;
}

/** @type {Contender} */
export const limit = {
  id: "limit",
  connect: () => (welcome) => new Limit(JSON.parse(welcome).snapshot),
  relay: change,
};
