// @ts-check
// Leaving a field. What is done then may move the page, and a button that moves between press and
// release gets no click; so whoever leaves a field by pressing a button has that click first.

let pressed = false;
/** @type {(() => void)[]} */
let waiting = [];

function run() {
  pressed = false;
  const runs = waiting;
  waiting = [];
  runs.forEach((left) => left());
}

addEventListener("pointerdown", () => (pressed = true), { capture: true });
// The click has been everywhere when it comes here.
addEventListener("click", run);
// Not every release makes a click, as that of something dragged.
for (const type of ["pointerup", "pointercancel"]) {
  addEventListener(type, () => setTimeout(run), { capture: true });
}

/**
 * Calls `leave` when the field has lost the focus, and has not got it back by then.
 * @param {HTMLInputElement} field
 * @param {() => void} leave
 */
export function whenLeft(field, leave) {
  const left = () => {
    if (document.activeElement !== field) leave();
  };
  field.addEventListener("blur", () => {
    if (pressed) waiting.push(left);
    else leave();
  });
}
