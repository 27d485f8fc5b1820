// @ts-check
// What runs in the page; `run.mjs` calls it by name.

import { runners } from "./cases.mjs";
import { interleave } from "./rounds.mjs";

/** @import { Plan } from "./rounds.mjs" */

/**
 * @param {string} name
 * @param {number} n
 * @param {readonly string[]} ids
 * @param {Plan} plan
 */
function run(name, n, ids, plan) {
  if (!globalThis.crossOriginIsolated)
    throw new Error("the page is not isolated: its clock is coarse");
  return interleave(runners(name, n, ids), plan);
}

Object.assign(globalThis, { bench: { run } });
