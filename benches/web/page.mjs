// @ts-check
// What runs in the page; `run.mjs` calls it by name.

import { runners } from "./cases.mjs";
import { rebases } from "./rebase/index.mjs";
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
  const all = name === "rebase" ? rebases(n, ids) : runners(name, n, ids);
  return interleave(all, plan);
}

Object.assign(globalThis, { bench: { run } });
