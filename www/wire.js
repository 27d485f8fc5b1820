// @ts-check
// The latest changes as JSON Patch, newest first.

import { soon } from "./page.js";

/** @typedef {import("/pkg/index.js").PatchEvent} PatchEvent */
/** @typedef {import("/pkg/index.js").PatchOp} PatchOp */

const ENTRIES_MAX = 6;
const OPERATIONS_MAX = 3;
const VALUE_CHARS_MAX = 60;

/** Whose a change is, in words. @type {Record<PatchEvent["origin"], string>} */
const WHO = {
  local: "you",
  remote: "others",
  load: "the room, as a whole",
  rollback: "refused, and taken back",
  undo: "you, taking it back",
  redo: "you, doing it again",
};

/** @param {PatchOp} operation */
export function operationText(operation) {
  const { op, path } = operation;
  switch (op) {
    case "move":
    case "copy":
      return `${op} ${operation.from} → ${path}`;
    case "remove":
      return `${op} ${path}`;
    case "inc":
      return `${op} ${path} ${operation.inc}`;
    case "str_ins":
      return `${op} ${path} ${operation.pos} ${shorten(operation.str)}`;
    case "str_del":
      return `${op} ${path} ${operation.pos} ${operation.len}`;
    default:
      return `${op} ${path} ${shorten(operation.value)}`;
  }
}

/** @param {unknown} value */
function shorten(value) {
  const text = JSON.stringify(value);
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} empty what is shown as long as there is nothing
 */
export function makeWire(list, empty) {
  /** @type {PatchEvent[]} */
  let entries = [];

  const drawSoon = soon(() => {
    empty.hidden = true;
    list.replaceChildren(...entries.map(entryElement));
  });

  return {
    /** @param {PatchEvent} event */
    add(event) {
      entries = [event, ...entries.slice(0, ENTRIES_MAX - 1)];
      drawSoon();
    },
  };
}

/** @param {PatchEvent} event */
function entryElement({ origin, patches }) {
  const element = document.createElement("li");
  element.className = origin === "local" ? "own" : "foreign";
  const who = document.createElement("span");
  who.className = "who";
  who.textContent = WHO[origin];
  element.append(who);
  const shown = patches.slice(0, OPERATIONS_MAX).map(operationText);
  if (patches.length > OPERATIONS_MAX) {
    shown.push(`and ${patches.length - OPERATIONS_MAX} more`);
  }
  for (const text of shown) {
    const line = document.createElement("code");
    line.textContent = text;
    element.append(line);
  }
  return element;
}
