// @ts-check
// The document that is measured, and numbers that are the same in every run.

/**
 * @typedef {{ id: string, text: string, done: boolean, owner: string, rank: number }} Item
 * @typedef {{ title: string, items: Item[] }} Doc
 */

const VERBS = ["Water", "Carry", "Paint", "Order", "Count", "Mend", "Wash", "Label"];
const THINGS = ["the plants", "the chairs", "the fence", "new filters", "the keys", "the sails"];
const TIMES = ["before noon", "on Tuesday", "with the others", "when it rains", "this evening"];
const OWNERS = ["maya", "jonas", "ling", "tariq", "olga"];

/** About 105 bytes of JSON. @param {number} i @returns {Item} */
export function item(i) {
  const text = `${VERBS[i % 8]} ${THINGS[(i >> 3) % 6]} of house ${i % 89} ${TIMES[i % 5]}`;
  const id = `t${String(i).padStart(7, "0")}`;
  return { id, text, done: i % 3 === 0, owner: OWNERS[i % 5], rank: i % 100 };
}

/** @param {number} n @returns {Doc} */
export function document(n) {
  return { title: "House list", items: Array.from({ length: n }, (_, i) => item(i)) };
}

/**
 * Numbers from 0 up to 1, the same for the same seed (a linear congruential generator).
 * @param {number} seed
 */
export function numbers(seed) {
  let state = seed % 2147483647 || 1;
  return () => {
    // The product stays below 2^53, so it is exact.
    state = (state * 48271) % 2147483647;
    return (state - 1) / 2147483646;
  };
}
