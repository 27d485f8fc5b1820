// @ts-check
// Undo and redo of one person's own edits: two buttons, and the keys that everybody knows.

import { part } from "../page.js";

/**
 * @param {HTMLElement} section
 * @param {import("/pkg/index.js").History} history
 * @param {(run: () => unknown) => void} edit
 */
export function makeSteps(section, history, edit) {
  const undo = part(section, "undo");
  const redo = part(section, "redo");

  history.subscribe(({ canUndo, canRedo, undoLabel, redoLabel }) => {
    show(undo, canUndo, canUndo ? `Undo: ${undoLabel ?? "what was typed"}` : "Nothing to undo");
    show(redo, canRedo, canRedo ? `Redo: ${redoLabel ?? "what was typed"}` : "Nothing to redo");
  });
  undo.addEventListener("click", () => edit(() => history.undo()));
  redo.addEventListener("click", () => edit(() => history.redo()));
  section.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
    // A field for one line has its own undo, of what is not in the document yet.
    if (event.target instanceof HTMLInputElement && event.target.type !== "range") return;
    event.preventDefault();
    const again = key === "y" || event.shiftKey;
    edit(() => (again ? history.redo() : history.undo()));
  });
}

/**
 * `disabled` would drop the focus of somebody who takes the last step.
 * @param {HTMLElement} button
 * @param {boolean} can
 * @param {string} title
 */
function show(button, can, title) {
  button.setAttribute("aria-disabled", String(!can));
  button.title = title;
}
