// @ts-check
// What the list is, and every way to edit it.
// Each edit is a recipe body: it gets the draft of the whole document and changes it in place.
// Items are found by id at the moment of the edit, because an index that was on the screen may be
// another item's by now.

import { newId } from "./page.js";

/** @typedef {{ id: string, text: string, done: boolean }} Todo */
/** @typedef {{ title: string, todos: Todo[] }} Board */

/**
 * What a room holds that nobody has written to. The ids are fixed, so that it does not matter which
 * of several first visitors brings it.
 * @type {Board}
 */
export const initial = {
  title: "Launch day",
  todos: [
    { id: "example-1", text: "Open this list in a second window", done: false },
    { id: "example-2", text: "Drag this item, and watch it move in both", done: false },
    { id: "example-3", text: "Work offline for a while, then come back", done: false },
  ],
};

/**
 * @param {Board} draft
 * @param {string} text
 */
export function addTodo(draft, text) {
  draft.todos.push({ id: newId(), text, done: false });
}

/**
 * @param {Board} draft
 * @param {string} id
 * @param {string} text
 */
export function editTodo(draft, id, text) {
  const todo = draft.todos.find((item) => item.id === id);
  if (todo) todo.text = text;
}

/**
 * @param {Board} draft
 * @param {string} id
 * @param {boolean} done
 */
export function checkTodo(draft, id, done) {
  const todo = draft.todos.find((item) => item.id === id);
  if (todo) todo.done = done;
}

/**
 * @param {Board} draft
 * @param {string} id
 */
export function removeTodo(draft, id) {
  const index = draft.todos.findIndex((item) => item.id === id);
  if (index >= 0) draft.todos.splice(index, 1);
}

/**
 * Puts an item before another one, or at the end.
 * @param {Board} draft
 * @param {string} id
 * @param {string | null} beforeId
 */
export function moveTodo(draft, id, beforeId) {
  const from = draft.todos.findIndex((item) => item.id === id);
  if (from < 0 || id === beforeId) return;
  const [todo] = draft.todos.splice(from, 1);
  const before = draft.todos.findIndex((item) => item.id === beforeId);
  draft.todos.splice(before < 0 ? draft.todos.length : before, 0, todo);
}

/** @param {Board} draft */
export function clearDone(draft) {
  draft.todos = draft.todos.filter((item) => !item.done);
}

/**
 * Makes the list what it was in `board`; items that are new since then stay, at the end.
 * @param {Board} draft
 * @param {Board} board
 */
export function putBack(draft, board) {
  const ids = new Set(board.todos.map((item) => item.id));
  const since = draft.todos.filter((item) => !ids.has(item.id));
  draft.title = board.title;
  draft.todos = [...board.todos, ...since];
}

/**
 * The item before which `id` has to be put so that it moves `step` places.
 * @param {readonly Todo[]} todos
 * @param {string} id
 * @param {-1 | 1} step
 * @returns {string | null | undefined} `undefined` when it cannot move that way
 */
export function neighbour(todos, id, step) {
  const from = todos.findIndex((item) => item.id === id);
  const to = from + step;
  if (from < 0 || to < 0 || to >= todos.length) return undefined;
  if (step < 0) return todos[to].id;
  return to + 1 < todos.length ? todos[to + 1].id : null;
}
