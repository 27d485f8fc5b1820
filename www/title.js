// @ts-check
// The name of the list, renamed in place.

import { whenLeft } from "./leave.js";

/**
 * @param {HTMLButtonElement} text
 * @param {HTMLInputElement} field
 * @param {(text: string) => void} rename
 */
export function makeTitle(text, field, rename) {
  let before = "";

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
  whenLeft(field, () => end("save"));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    end(event.key === "Enter" ? "save" : "drop");
    text.focus();
  });

  return {
    /** @param {string} title */
    render(title) {
      if (text.textContent !== title) text.textContent = title;
    },
  };
}
