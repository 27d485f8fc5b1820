// @ts-check
// Leaving a field. What is done then may move the page, and a button that moves between press and
// release gets no click; so whoever leaves a field by pressing a button has that click first.

let pressed = false;
/** @type {(() => void)[]} */
let waiting = [];

/** @param {Event} event */
function follow({ type }) {
  pressed = type === "pointerdown";
  if (pressed || waiting.length === 0) return;
  const runs = waiting;
  waiting = [];
  // The click belongs to the same turn as the release.
  setTimeout(() => runs.forEach((run) => run()));
}

for (const type of ["pointerdown", "pointerup", "pointercancel"]) {
  addEventListener(type, follow, { capture: true });
}

/**
 * Calls `run` when the field has lost the focus, and has not got it back by then.
 * @param {HTMLInputElement} field
 * @param {() => void} run
 */
export function whenLeft(field, run) {
  const left = () => {
    if (document.activeElement !== field) run();
  };
  field.addEventListener("blur", () => {
    if (pressed) waiting.push(left);
    else run();
  });
}
