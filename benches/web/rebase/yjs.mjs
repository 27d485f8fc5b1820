// @ts-check
// The same edits in Yjs: a Y.Array of Y.Maps. Its own changes are part of the document at once,
// and those of others are merged into it as updates.

import * as Y from "yjs";
import { document } from "../document.mjs";

/**
 * @import { Doc, Item } from "../document.mjs"
 * @import { Edit } from "./edits.mjs"
 * @import { Kind } from "./index.mjs"
 */

/** Of two who set one member the higher id stands: ours are the later changes here. */
const [THEIR_ID, MY_ID] = [1, 2];

/** @param {Item} item */
const map = (item) => new Y.Map(Object.entries(item));

/** @param {Y.Doc} doc @returns {Y.Array<Y.Map<any>>} */
const list = (doc) => doc.getArray("items");

/** @param {Y.Doc} doc @param {Edit} edit */
function carryOut(doc, edit) {
  const items = list(doc);
  if (edit.kind === "set") items.get(edit.at).set("done", edit.done);
  else if (edit.kind === "insert") items.insert(edit.at, [map(edit.item)]);
  else items.delete(edit.at, 1);
}

/** @param {Uint8Array} base @param {number} id */
function load(base, id) {
  const doc = new Y.Doc();
  doc.clientID = id;
  Y.applyUpdate(doc, base);
  return doc;
}

/** @param {string} id @param {(doc: Y.Doc) => unknown} read @returns {Kind} */
function kind(id, read) {
  return {
    id,
    prepare(n, theirs) {
      const seed = new Y.Doc();
      seed.clientID = 0;
      list(seed).push(document(n).items.map(map));
      const base = Y.encodeStateAsUpdate(seed);
      const author = load(base, THEIR_ID);
      /** @type {Uint8Array[]} */
      const updates = [];
      author.on("update", (/** @type {Uint8Array} */ update) => updates.push(update));
      for (const edit of theirs) carryOut(author, edit);
      const messages = { once: [Y.mergeUpdates(updates)], each: updates };
      return (mine, how) => {
        const doc = load(base, MY_ID);
        for (const edit of mine) carryOut(doc, edit);
        return {
          take() {
            let seen;
            for (const update of messages[how]) {
              Y.applyUpdate(doc, update);
              seen = read(doc);
            }
            return seen;
          },
          items: () => list(doc).toJSON(),
          close: () => doc.destroy(),
        };
      };
    },
  };
}

export const yjs = kind("yjs", (doc) => list(doc).get(0).get("done"));
export const yjsWhole = kind("yjs-whole", (doc) => list(doc).toJSON()[0].done);
