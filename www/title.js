// @ts-check
// A text that is edited in place: a button that shows it, and a field in the button's place.

import { whenLeft } from "./leave.js";

/**
 * @param {HTMLButtonElement} text
 * @param {HTMLInputElement} field
 * @param {(text: string) => void} rename
 */
export function makeTitle(text, field, rename) {
  let before = "";
  let moving = false;

  /** @param {"save" | "drop"} how */
  function end(how) {
    if (field.hidden) return;
    const value = field.value.trim();
    field.hidden = true;
    text.hidden = false;
    if (how === "save" && value !== "" && value !== before) rename(value);
  }

  text.addEventListener("click", () => {
    before = text.textContent ?? "";
    field.value = before;
    field.hidden = false;
    text.hidden = true;
    field.focus();
    field.select();
  });
  whenLeft(field, () => {
    if (!moving) end("save");
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    end(event.key === "Enter" ? "save" : "drop");
    text.focus();
  });

  return {
    /**
     * Moves the elements to another place in the page, where an edit goes on.
     * @param {() => void} move
     */
    keep(move) {
      if (field.hidden) return move();
      const { selectionStart, selectionEnd } = field;
      moving = true;
      move();
      field.focus({ preventScroll: true });
      field.setSelectionRange(selectionStart, selectionEnd);
      moving = false;
    },

    /** @param {string} title */
    render(title) {
      if (text.textContent !== title) text.textContent = title;
    },
  };
}
