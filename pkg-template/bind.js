// @ts-check

import { hunks, moved, splice, spliceOps } from "./splice.js";

/** @import { PatchOp, Readable } from "./index.js" */

/**
 * Keeps a field in step with a text, both ways; returns what ends this.
 *
 * While an input method composes, what it writes goes out, and what others write waits to be shown:
 * to set the field's value would break the composition off.
 * @param {HTMLTextAreaElement | HTMLInputElement} field
 * @param {Readable<string>} text
 * @param {string} at
 * @param {(ops: PatchOp[]) => unknown} write
 * @param {AbortSignal | undefined} signal
 */
export function bind(field, text, at, write, signal) {
  /** The text that the field shows. */
  let shown = field.value;
  let composing = false;

  const show = () => {
    const { value } = text;
    if (composing || value === shown) return;
    const changes = hunks(shown, value);
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = field;
    // Some engines give a field the focus when its selection is set.
    const root = /** @type {Document | ShadowRoot} */ (field.getRootNode());
    const focused = root.activeElement === field && selectionStart !== null;
    field.value = shown = value;
    if (!focused || selectionEnd === null) return;
    const [start, end] = [moved(selectionStart, changes), moved(selectionEnd, changes)];
    field.setSelectionRange(start, end, selectionDirection ?? undefined);
    field.scrollTop = scrollTop;
  };

  const read = () => {
    const mine = splice(shown, field.value, field.selectionEnd ?? undefined);
    const ops = spliceOps(at, mine, hunks(shown, text.value));
    // What is written is told at once, and the field shows it already.
    shown = field.value;
    try {
      if (ops.length) write(ops);
    } finally {
      show();
    }
  };

  /** @param {Event} event */
  const compose = ({ type }) => {
    composing = type === "compositionstart";
    if (!composing) read();
  };

  const off = text.subscribe(show);
  /** @type {[string, (event: Event) => void][]} */
  const heard = [
    ["input", read],
    ["compositionstart", compose],
    ["compositionend", compose],
  ];
  for (const [type, listener] of heard) field.addEventListener(type, listener);
  const end = () => {
    off();
    for (const [type, listener] of heard) field.removeEventListener(type, listener);
    signal?.removeEventListener("abort", end);
  };
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  return end;
}
