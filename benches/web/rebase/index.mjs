// @ts-check
// A hundred changes that wait, and a hundred of somebody else that come: ours, and Yjs with the
// same edits.

import { limit } from "../contenders/limit.mjs";
import { document } from "../document.mjs";
import { change, welcome } from "../frames.mjs";
import { check, edits, merged, patchOf } from "./edits.mjs";
import { ours } from "./ours.mjs";
import { yjs, yjsWhole } from "./yjs.mjs";

/**
 * @import { Item } from "../document.mjs"
 * @import { Runner } from "../rounds.mjs"
 * @import { Edit } from "./edits.mjs"
 *
 * @typedef {"once" | "each"} How theirs come in one message, or in one for each change
 *
 * @typedef {object} Merger a replica with changes that wait
 * @property {() => unknown} take theirs come, and after each message something is read
 * @property {() => Item[]} items
 * @property {() => string[] | undefined} [pushed] what it pushes afterwards, as patches
 * @property {() => void} close
 *
 * @typedef {object} Kind
 * @property {string} id
 * @property {(n: number, theirs: Edit[]) => (mine: Edit[], how: How) => Merger} prepare
 */

const KINDS = [yjs, yjsWhole, ours];

/** @param {number} n @param {readonly string[]} ids @returns {Runner[]} */
export function rebases(n, ids) {
  const [theirs, mine] = [edits(n, 7), edits(n, 11)];
  const right = merged(n, theirs, mine);
  const base = welcome(JSON.stringify(document(n)));
  return KINDS.filter(({ id }) => ids.includes(id)).map(({ id, prepare }) => {
    const make = prepare(n, theirs);
    /** @param {How} how */
    const timed = (how) => {
      const replica = make(mine, how);
      const began = performance.now();
      replica.take();
      const ms = performance.now() - began;
      check(replica.items(), right, id);
      checkPushed(base, theirs, replica, id);
      replica.close();
      return ms;
    };
    return { id, cap: 1, run: () => ({ once: timed("once"), each: timed("each") }) };
  });
}

/**
 * What is pushed afterwards, carried out by hand on the document of the others, gives the same.
 * @param {string} base
 * @param {Edit[]} theirs
 * @param {Merger} replica
 * @param {string} whose
 */
function checkPushed(base, theirs, replica, whose) {
  const patches = replica.pushed?.();
  if (!patches) return;
  const room = limit.connect()(base);
  for (const patch of [...theirs.map(patchOf), ...patches]) room.receive(change(patch, 2));
  if (JSON.stringify(room.state.items) !== JSON.stringify(replica.items())) {
    throw new Error(`${whose}: what it pushes is not what it shows`);
  }
}
