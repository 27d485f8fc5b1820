// @ts-check
// The three lists of cards on the screen. A card's elements are kept by its id, and only touched when
// the card is another object: the store keeps what did not change, so this comparison is the whole
// diff.

import { part } from "../page.js";
import { isCalm, placesOf, slide } from "../slide.js";
import { COLUMNS, visibleCards } from "./cards.js";
import { makeCarry } from "./carry.js";
import { Ticket } from "./ticket.js";

/** @typedef {import("./cards.js").Column} Column */
/** @typedef {import("./cards.js").Shown} Shown */
/** @typedef {"left" | "right" | "up" | "down"} Way */

/**
 * @typedef {object} LaneActions
 * @property {(id: string, title: string) => void} rename
 * @property {(id: string) => void} vote
 * @property {(id: string) => void} remove
 * @property {(id: string, column: Column, before: string | null) => void} move
 * @property {(id: string, way: Way) => void} step
 */

/** @type {Record<string, Way>} */
const WAYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

/** Above this many cards a change of places is shown without sliding. */
const SLIDING_MAX = 100;

export class Lanes {
  /** @type {Map<string, Ticket>} */
  tickets = new Map();
  /** What is drawn when a card that is held is let go. @type {Shown | undefined} */
  late;

  /**
   * @param {HTMLElement} root
   * @param {HTMLTemplateElement} template
   * @param {LaneActions} actions
   * @param {() => void} leave where the focus goes when the last card of a list is deleted
   */
  constructor(root, template, actions, leave) {
    this.root = root;
    this.template = template;
    this.actions = actions;
    this.leave = leave;
    this.lists = COLUMNS.map((column) => part(root, column));
    this.counts = COLUMNS.map((column) => part(root, `${column}-count`));
    this.carry = makeCarry(root, this.lists, {
      drop: (ticket, { list, before }) => {
        const column = COLUMNS[this.lists.indexOf(list)];
        actions.move(String(ticket.dataset.id), column, before?.dataset.id ?? null);
      },
      end: () => this.late && this.render(this.late),
    });
    root.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** @param {Shown} board */
  render(board) {
    if (this.carry.holds) {
      this.late = board;
      return;
    }
    this.late = undefined;
    const cards = visibleCards(board);
    const ids = new Set(COLUMNS.flatMap((column) => cards[column].map(({ id }) => id)));
    const slides = !isCalm() && ids.size <= SLIDING_MAX;
    const before = placesOf(slides ? this.elements() : []);
    for (const [id, ticket] of this.tickets) {
      if (ids.has(id)) continue;
      this.tickets.delete(id);
      ticket.element.remove();
    }
    COLUMNS.forEach((column, n) => {
      this.fill(this.lists[n], cards[column]);
      this.counts[n].textContent = String(cards[column].length);
    });
    if (!slides) return;
    // One that was carried still stands where it was let go: that was its place before, not after.
    for (const element of this.elements()) element.style.transform = "";
    slide(this.elements(), before);
  }

  /**
   * @param {HTMLElement} list
   * @param {readonly import("./cards.js").ShownCard[]} cards
   */
  fill(list, cards) {
    /** @type {Element | null} */
    let next = list.firstElementChild;
    for (const card of cards) {
      let ticket = this.tickets.get(card.id);
      if (ticket === undefined) {
        ticket = new Ticket(this.template, card.id, {
          ...this.actions,
          remove: (id) => this.remove(id),
        });
        this.tickets.set(card.id, ticket);
      }
      ticket.show(card);
      const { element } = ticket;
      if (element === next) {
        next = element.nextElementSibling;
      } else {
        const place = next;
        ticket.move(() => list.insertBefore(element, place));
      }
    }
  }

  /** Every card that is shown. @returns {HTMLElement[]} */
  elements() {
    return [...this.tickets.values()].map(({ element }) => element);
  }

  /** @param {string} id */
  remove(id) {
    const element = this.tickets.get(id)?.element;
    const next = element?.nextElementSibling ?? element?.previousElementSibling;
    if (next) part(next, "remove").focus();
    else this.leave();
    this.actions.remove(id);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const way = WAYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const ticket = target.closest("li");
    if (!ticket || (target.dataset.role !== "handle" && !event.altKey)) return;
    if (target.dataset.role === "edit") return;
    event.preventDefault();
    this.actions.step(String(ticket.dataset.id), way);
  }
}
