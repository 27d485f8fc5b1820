// @ts-check

import { hunks, moved, splice, spliceOps } from "./splice.js";

/** @import { PatchOp, Readable, TextField } from "./index.js" */

/**
 * Keeps a field in step with a text, both ways; returns what ends this.
 *
 * While an input method composes, what it writes goes out, and what others write waits to be shown:
 * to set the field's value would break the composition off.
 * @param {TextField} field
 * @param {{ text: Readable<string>, at: string, write: (ops: PatchOp[]) => unknown, report: (error: any) => void }} what
 * @param {AbortSignal | undefined} signal
 */
export function bind(field, { text, at, write, report }, signal) {
  /** The text as the field shows it: it may be unable to hold a line break, or `\r`. */
  let shown = field.value;
  let composing = false;

  const show = () => {
    const { value } = text;
    if (composing || value === shown) return;
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = field;
    // Some engines give a field the focus when its selection is set.
    const root = /** @type {any} */ (field.getRootNode());
    const focused = root.activeElement === field && selectionStart !== null;
    const before = shown;
    field.value = value;
    shown = field.value;
    if (!focused || selectionEnd === null) return;
    const changes = hunks(before, shown);
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
    } catch (/** @type {any} */ error) {
      report(error);
      if (error.code === "disposed") return end();
    }
    show();
  };

  /** @param {{ readonly type: string }} event */
  const compose = ({ type }) => {
    composing = type === "compositionstart";
    if (!composing) read();
  };

  const off = text.subscribe(show);
  /** @type {[string, (event: { readonly type: string }) => void][]} */
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
