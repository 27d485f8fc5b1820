// @ts-check
// The list on the screen. Rows are kept by the id of their item, and a row is only touched when its
// item is another object: the store keeps what did not change, so this comparison is the whole diff.

import { makeSortable } from "./drag.js";
import { Row } from "./row.js";
import { isCalm, placesOf, slide } from "./slide.js";

/** @typedef {import("./todos.js").Todo} Todo */

/**
 * @typedef {object} ListActions
 * @property {(id: string, done: boolean) => void} check
 * @property {(id: string, text: string) => void} edit
 * @property {(id: string) => void} remove
 * @property {(id: string | null) => void} editing which item is being edited, or none any more
 * @property {(id: string, step: -1 | 1) => boolean} step whether it could move that way
 * @property {(id: string, beforeId: string | null) => void} move
 * @property {(text: string) => void} orphan what was being typed into an item that others deleted
 */

/** Above this many rows a change of order is shown without sliding. */
const SLIDING_ROWS_MAX = 200;

export class ListView {
  /**
   * @param {HTMLUListElement} list
   * @param {HTMLTemplateElement} template
   * @param {ListActions} actions
   * @param {() => void} leave where the focus goes when the last item is deleted
   */
  constructor(list, template, actions, leave) {
    this.list = list;
    this.template = template;
    this.actions = actions;
    this.leave = leave;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.sortable = makeSortable(list, (row, before) => {
      const beforeId = /** @type {HTMLElement | null} */ (before)?.dataset.id ?? null;
      actions.move(String(row.dataset.id), beforeId);
    });
    /** @type {import("./row.js").RowActions} */
    this.rowActions = {
      check: actions.check,
      edit: actions.edit,
      editing: actions.editing,
      remove: (id) => this.remove(id),
      step: (id, step) => void actions.step(id, step),
    };
    list.addEventListener("keydown", (event) => this.onKey(event));
  }

  /**
   * @param {readonly Todo[]} todos
   * @param {boolean} fromOthers whether to mark what changed
   */
  render(todos, fromOthers) {
    const wanted = this.wantedRows(todos, fromOthers);
    const gone = [...this.list.children].filter((element) => !wanted.has(element));
    const inOrder = [...wanted].every((element, index) => element === this.list.children[index]);
    if (gone.length === 0 && inOrder && wanted.size === this.list.children.length) return;

    const slides = !isCalm() && wanted.size <= SLIDING_ROWS_MAX;
    const before = placesOf(slides ? this.list.children : []);
    for (const element of gone) this.drop(/** @type {HTMLElement} */ (element));
    this.order([...wanted]);
    if (slides) this.slide(before);
  }

  /**
   * The rows in the document's order, made or brought up to date.
   * @param {readonly Todo[]} todos
   * @param {boolean} fromOthers
   * @returns {Set<Element>}
   */
  wantedRows(todos, fromOthers) {
    const wanted = new Set();
    todos.forEach((todo, index) => {
      let row = this.rows.get(todo.id);
      const isNew = row === undefined;
      if (row === undefined) {
        row = new Row(this.template, todo.id, this.rowActions);
        this.rows.set(todo.id, row);
      }
      const changed = row.show(todo);
      if (fromOthers && !isCalm() && (changed || isNew)) row.flash();
      row.place(index === 0, index === todos.length - 1);
      wanted.add(row.element);
    });
    return wanted;
  }

  /** @param {HTMLElement} element */
  drop(element) {
    const row = this.rows.get(String(element.dataset.id));
    if (row?.editing && row.field.value.trim() !== row.textBefore) {
      this.actions.orphan(row.field.value.trim());
    }
    // Out of the map and closed first: taking a focused field out of the page fires its `blur`.
    row?.endEdit("drop");
    this.rows.delete(String(element.dataset.id));
    element.remove();
  }

  /**
   * Puts the rows into order with few moves. A row that is held or has the focus stays where it is
   * and the others move around it, because a browser takes the focus from an element that moves.
   * @param {Element[]} wanted
   */
  order(wanted) {
    const pinned =
      this.sortable.held ?? document.activeElement?.closest(`#${this.list.id} > li`) ?? null;
    let cursor = this.list.firstElementChild;
    for (const element of wanted) {
      if (element === pinned) {
        while (cursor !== null && cursor !== pinned) {
          const passed = cursor;
          cursor = cursor.nextElementSibling;
          this.list.append(passed);
        }
      }
      if (element === cursor) {
        cursor = cursor.nextElementSibling;
      } else if (cursor?.nextElementSibling === element && cursor !== pinned) {
        // One row went further down: taking it out is one move, pulling up all the others is many.
        const passed = cursor;
        cursor = element.nextElementSibling;
        this.list.append(passed);
        cursor ??= passed;
      } else {
        this.list.insertBefore(element, cursor);
      }
    }
  }

  /**
   * Lets every row slide from where it was.
   * @param {import("./slide.js").Places} before
   */
  slide(before) {
    const rows = /** @type {HTMLElement[]} */ ([...this.list.children]);
    // After a drag the rows still stand pushed aside: that was their place before, not after.
    if (!this.sortable.held) for (const row of rows) row.style.transform = "";
    slide(
      rows.filter((row) => row !== this.sortable.held),
      before,
    );
  }

  /** @param {string} id */
  remove(id) {
    const row = this.rows.get(id)?.element;
    const next = row?.nextElementSibling ?? row?.previousElementSibling ?? null;
    if (next) focusPart(next, "remove");
    else this.leave();
    this.actions.remove(id);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest("li"));
    const role = target.dataset.role;
    if (!row || !role) return;
    if (event.altKey || role === "handle") {
      event.preventDefault();
      this.actions.step(String(row.dataset.id), event.key === "ArrowUp" ? -1 : 1);
    } else if (role !== "edit") {
      const next = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
      if (!next) return;
      event.preventDefault();
      focusPart(next, role);
    }
  }
}

/**
 * @param {Element} row
 * @param {string} role
 */
function focusPart(row, role) {
  /** @type {HTMLElement | null} */ (row.querySelector(`[data-role="${role}"]`))?.focus();
}
