// @ts-check
// What the recorder knows of one container that a recipe has looked at.

import { isArray, isContainer } from "./values.js";

/**
 * @typedef {any} Json
 * @typedef {Json[] & Record<string, Json>} Container
 * @typedef {object} Scope one run of `record`
 * @property {boolean} live
 * @property {number} writes
 * @property {Set<Json>} made our copies of what the recipe gave
 * @property {Set<Json>} opened those of them that have a draft
 * @property {Set<Json>} sieved arrays that came out of `filter`
 *
 * @typedef {object} State one container that the recipe has looked at
 * @property {Scope} scope
 * @property {Container} base the container before the recipe
 * @property {Container | undefined} copy the same now
 * @property {boolean} fresh made by the recipe, so that no operation points into it
 * @property {any} proxy
 * @property {State | undefined} first where the recipe met it
 * @property {State | undefined} home where it stands now, as far as known, and `at` there
 * @property {any} at
 * @property {number} end how far from the end of `home` it stood
 * @property {State[] | undefined} kids drafts made in it
 * @property {Set<string> | undefined} keys members written or deleted
 * @property {number} head elements at the beginning, and `tail` at the end, that nobody touched
 * @property {number} tail
 * @property {boolean} shuffled elements were not only assigned
 * @property {boolean} [given] the recipe assigned an array over it
 * @property {boolean | undefined} [whole] written by one replace
 * @property {State | undefined} [from] where it stood before, and `was` there
 * @property {any} [was]
 * @property {Move | undefined} [move]
 * @property {Map<any, Slot> | undefined} [slots] what else came to stand in it
 * @property {Set<string> | undefined} [left] members that were moved away
 * @property {Order | undefined} [order]
 *
 * @typedef {{ state: State, at: any, value: Json, pair: number, move: Move | undefined }} Slot
 * @typedef {{ from: State, was: any, to: State, at: any, done: boolean }} Move
 *
 * @typedef {object} Order the elements of an array between those that stay at both ends
 * @property {number} head elements before them
 * @property {number} stop the old index behind them
 * @property {Int32Array} source for each new element its old place, or -1
 * @property {Uint8Array} fate of each old element: LEAVES, STAYS, MOVES, GIVEN (to another container)
 *   or PLACED (moved, and `next` says where)
 * @property {number} placed how many new elements stand where they shall
 * @property {boolean} [busy] something moves or is inserted
 * @property {number} gain how much longer the array is by now
 * @property {Int32Array} next for each old element the first new one at or behind it that stays
 * @property {Int32Array} gap for each new element the old ones up to the last that stays before it
 * @property {Int32Array} tree Fenwick tree: counts old elements not placed nor gone
 */

export const LEAVES = 0;
export const STAYS = 1;
export const MOVES = 2;
export const GIVEN = 3;
export const PLACED = 4;

/** The key under which a draft tells its state. */
export const STATE = /* @__PURE__ */ Symbol();

/** @param {any} value @returns {State | undefined} */
export const stateOf = (value) => (isContainer(value) ? value[STATE] : undefined);
/** @param {State} state @returns {Container} */
export const now = (state) => state.copy ?? state.base;

/** The copy, which may be written to. @param {State} state @returns {any} */
export function own(state) {
  const { base } = state;
  return (state.copy ??= /** @type {any} */ (
    isArray(base) ? base.slice() : { .../** @type {any} */ (base) }
  ));
}

/** Where a draft stands, as far as it knows. @param {State} state @returns {any[]} */
export function pathOf({ home, at }) {
  return home ? [...pathOf(home), at] : [];
}
