// @ts-check
// What a person does with cards. A card is looked for at the moment of the edit, because where it was
// on the screen another may be by now.

import { sentence } from "../page.js";
import { COLUMN_NAMES, cardOf, placeBefore, placeOf, stepTo, visibleCards } from "./cards.js";

/** @typedef {import("./cards.js").Place} Place */
/** @typedef {import("./lanes.js").LaneActions} LaneActions */
/** @typedef {(run: () => unknown) => void} Edit */

/**
 * What edits, and shows the result at once.
 * @param {() => void} draw
 * @param {(sentence: string) => void} report is told what goes wrong
 * @returns {Edit}
 */
export function editing(draw, report) {
  return (run) => {
    try {
      run();
    } catch (error) {
      report(sentence(error));
    }
    draw();
  };
}

/**
 * @param {import("./person.js").Person} person
 * @param {Edit} edit
 * @param {(sentence: string) => void} announce
 * @returns {LaneActions}
 */
export function cardActions({ store, rename, vote, move, remove }, edit, announce) {
  /**
   * @param {string} id
   * @param {(at: Place) => unknown} run
   */
  function at(id, run) {
    const place = placeOf(store.state, id);
    if (place) edit(() => run(place));
  }

  /** @type {LaneActions["move"]} */
  function moveTo(id, column, before) {
    const to = placeBefore(store.state, id, column, before);
    at(id, (from) => {
      if (from.column !== to.column || from.index !== to.index) move(from, to);
    });
  }

  return {
    rename: (id, title) => at(id, (place) => rename(place, title)),
    vote: (id) => at(id, vote),
    remove: (id) => at(id, remove),
    move: moveTo,
    step(id, way) {
      const to = stepTo(store.state, id, way);
      if (!to) return;
      moveTo(id, to.column, to.before);
      announce(whereabouts(store.state, id));
    },
  };
}

/**
 * Where a card is, in words.
 * @param {import("./cards.js").Shown} board
 * @param {string} id
 */
function whereabouts(board, id) {
  const column = placeOf(board, id)?.column;
  if (!column) return "";
  const cards = visibleCards(board)[column];
  const index = cards.findIndex((card) => card.id === id);
  return `${cardOf(board, id)?.title}: ${COLUMN_NAMES[column]}, ${index + 1} of ${cards.length}`;
}
