// @ts-check
// What the board is. A room is open to every client, so what is read from it may be anything.

import { newId } from "../page.js";

/** @typedef {{ id: string, title: string, votes: number }} Card */
/** @typedef {"todo" | "doing" | "done"} Column */
/** @typedef {{ column: Column, index: number }} Place */
/** @typedef {Record<Column, Card[]> & { note: string }} Board */
/** @typedef {import("/pkg/index.js").Immutable<Board>} Shown */
/** @typedef {import("/pkg/index.js").Immutable<Card>} ShownCard */

/** @type {readonly Column[]} */
export const COLUMNS = ["todo", "doing", "done"];

/** @type {Record<Column, string>} */
export const COLUMN_NAMES = { todo: "To do", doing: "Doing", done: "Done" };

/**
 * What a room holds that nobody has written to. The ids are fixed, so that it does not matter which
 * of several first visitors brings it.
 * @type {Board}
 */
export const initial = {
  todo: [
    { id: "example-1", title: "Order the cake", votes: 2 },
    { id: "example-2", title: "Write invitations", votes: 0 },
  ],
  doing: [{ id: "example-3", title: "Find a band", votes: 1 }],
  done: [{ id: "example-4", title: "Book the hall", votes: 3 }],
  note: "Type here in both panes at once.",
};

/**
 * @param {string} title
 * @returns {Card}
 */
export function newCard(title) {
  return { id: newId(), title, votes: 0 };
}

/**
 * The cards that can be shown, by column; each id once.
 * @param {Shown} board
 * @returns {Record<Column, readonly ShownCard[]>}
 */
export function visibleCards(board) {
  const seen = new Set();
  /** @param {unknown} card */
  const isNew = (card) => isCard(card) && !seen.has(card.id) && seen.add(card.id) !== undefined;
  const [todo, doing, done] = COLUMNS.map((column) => listOf(board, column).filter(isNew));
  return { todo, doing, done };
}

/**
 * Where a card is.
 * @param {Shown} board
 * @param {string} id
 * @returns {Place | undefined}
 */
export function placeOf(board, id) {
  for (const column of COLUMNS) {
    const index = listOf(board, column).findIndex((card) => isCard(card) && card.id === id);
    if (index >= 0) return { column, index };
  }
  return undefined;
}

/**
 * @param {Shown} board
 * @param {string} id
 * @returns {ShownCard | undefined}
 */
export function cardOf(board, id) {
  const place = placeOf(board, id);
  return place && board[place.column][place.index];
}

/**
 * Where a card is put so that it stands before another one, or at the end.
 * @param {Shown} board
 * @param {string} id
 * @param {Column} column
 * @param {string | null} before
 * @returns {Place}
 */
export function placeBefore(board, id, column, before) {
  const others = listOf(board, column).filter((card) => !isCard(card) || card.id !== id);
  const index = others.findIndex((card) => isCard(card) && card.id === before);
  return { column, index: index < 0 ? others.length : index };
}

/**
 * Where a card comes to when it goes one step this way, among those that are shown.
 * @param {Shown} board
 * @param {string} id
 * @param {"left" | "right" | "up" | "down"} way
 * @returns {{ column: Column, before: string | null } | undefined} nothing when it cannot go there
 */
export function stepTo(board, id, way) {
  const cards = visibleCards(board);
  const from = COLUMNS.findIndex((column) => cards[column].some((card) => card.id === id));
  if (from < 0) return undefined;
  const index = cards[COLUMNS[from]].findIndex((card) => card.id === id);
  if (way === "left" || way === "right") {
    const column = COLUMNS[from + (way === "left" ? -1 : 1)];
    return column && { column, before: cards[column][index]?.id ?? null };
  }
  const column = COLUMNS[from];
  const to = index + (way === "up" ? -1 : 2);
  if (to < 0 || to > cards[column].length) return undefined;
  return { column, before: cards[column][to]?.id ?? null };
}

/**
 * @param {Shown} board
 * @param {Column} column
 * @returns {readonly ShownCard[]}
 */
function listOf(board, column) {
  const list = /** @type {Partial<Shown> | null} */ (board)?.[column];
  return Array.isArray(list) ? list : [];
}

/**
 * @param {any} card
 * @returns {card is Card}
 */
function isCard(card) {
  const isNamed = typeof card?.id === "string" && typeof card.title === "string";
  return isNamed && typeof card.votes === "number";
}

/**
 * Whether two values are the same JSON.
 * @param {unknown} a
 * @param {unknown} b
 * @returns {boolean}
 */
export function isSame(a, b) {
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [one, other] = /** @type {Record<string, unknown>[]} */ ([a, b]);
  return keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]));
}
