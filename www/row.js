// @ts-check
// One item on the screen: its elements, and editing in place.

import { whenLeft } from "./leave.js";
import { fromTemplate, part } from "./page.js";

/** @typedef {import("./todos.js").Todo} Todo */

const FLASH_MS = 1400;

/**
 * What a row asks of the list. A row never edits the document itself.
 * @typedef {object} RowActions
 * @property {(id: string, done: boolean) => void} check
 * @property {(id: string, text: string) => void} edit
 * @property {(id: string) => void} remove
 * @property {(id: string, step: -1 | 1) => void} step
 * @property {(id: string | null) => void} editing which item is being edited, or none any more
 */

export class Row {
  /**
   * @param {HTMLTemplateElement} template
   * @param {string} id
   * @param {RowActions} actions
   */
  constructor(template, id, actions) {
    this.id = id;
    this.actions = actions;
    /** @type {HTMLLIElement} */ this.element = fromTemplate(template);
    this.element.dataset.id = id;
    /** @type {HTMLButtonElement} */ this.handle = part(this.element, "handle");
    /** @type {HTMLInputElement} */ this.check = part(this.element, "check");
    /** @type {HTMLButtonElement} */ this.text = part(this.element, "text");
    /** @type {HTMLInputElement} */ this.field = part(this.element, "edit");
    /** @type {HTMLButtonElement} */ this.up = part(this.element, "up");
    /** @type {HTMLButtonElement} */ this.down = part(this.element, "down");
    /** @type {HTMLButtonElement} */ this.trash = part(this.element, "remove");
    /**
     * The item as it is shown; set by `show`.
     * @type {Todo | undefined}
     */
    this.todo = undefined;
    /** The text when the edit began: leaving it as it was is no edit. */
    this.textBefore = "";
    this.listen();
  }

  listen() {
    this.check.addEventListener("change", () => this.actions.check(this.id, this.check.checked));
    this.text.addEventListener("click", () => this.beginEdit());
    this.up.addEventListener("click", () => this.actions.step(this.id, -1));
    this.down.addEventListener("click", () => this.actions.step(this.id, 1));
    this.trash.addEventListener("click", () => this.actions.remove(this.id));
    whenLeft(this.field, () => this.endEdit("save"));
    this.field.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a candidate and Escape drops it.
      if (event.isComposing) return;
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.endEdit(event.key === "Enter" ? "save" : "drop");
      this.text.focus();
    });
  }

  /** True while somebody types into this row. */
  get editing() {
    return !this.field.hidden;
  }

  /**
   * Brings the elements in line with the item. The edit field is not touched: what is being typed
   * belongs to the person who types.
   * @param {Todo} todo
   * @returns {boolean} whether the item looks unlike the one shown before
   */
  show(todo) {
    const before = this.todo;
    if (todo === before) return false;
    this.todo = todo;
    this.text.textContent = todo.text;
    this.text.setAttribute("aria-label", `Edit: ${todo.text}`);
    this.check.checked = todo.done;
    this.check.setAttribute("aria-label", todo.text);
    this.handle.setAttribute("aria-label", `Reorder: ${todo.text}`);
    this.up.setAttribute("aria-label", `Move up: ${todo.text}`);
    this.down.setAttribute("aria-label", `Move down: ${todo.text}`);
    this.trash.setAttribute("aria-label", `Delete: ${todo.text}`);
    this.element.classList.toggle("done", todo.done);
    return before !== undefined && (before.text !== todo.text || before.done !== todo.done);
  }

  /**
   * @param {boolean} first
   * @param {boolean} last
   */
  place(first, last) {
    // `disabled` would drop the focus of somebody who moves an item to the end of the list.
    this.up.setAttribute("aria-disabled", String(first));
    this.down.setAttribute("aria-disabled", String(last));
  }

  beginEdit() {
    if (!this.todo || this.editing) return;
    this.textBefore = this.todo.text;
    this.field.value = this.todo.text;
    this.field.setAttribute("aria-label", `Text of: ${this.todo.text}`);
    this.field.hidden = false;
    this.text.hidden = true;
    this.field.focus();
    this.field.select();
    this.actions.editing(this.id);
  }

  /** @param {"save" | "drop"} how An empty text is dropped: to delete an item is another button. */
  endEdit(how) {
    if (!this.editing) return;
    const text = this.field.value.trim();
    this.field.hidden = true;
    this.text.hidden = false;
    this.actions.editing(null);
    if (how === "save" && text !== "" && text !== this.textBefore) this.actions.edit(this.id, text);
  }

  /** Shows for a moment that somebody else changed this item. */
  flash() {
    this.element.animate({ backgroundColor: ["var(--mark)", "var(--card)"] }, FLASH_MS);
  }
}
