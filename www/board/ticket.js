// @ts-check
// One card on the screen.

import { fromTemplate, part } from "../page.js";
import { makeTitle } from "../title.js";

/** @typedef {import("./cards.js").ShownCard} ShownCard */

/**
 * What a card asks of the board. It never edits the document itself.
 * @typedef {object} TicketActions
 * @property {(id: string, title: string) => void} rename
 * @property {(id: string) => void} vote
 * @property {(id: string) => void} remove
 */

export class Ticket {
  /** The card as it is shown. @type {ShownCard | undefined} */
  card;

  /**
   * @param {HTMLTemplateElement} template
   * @param {string} id
   * @param {TicketActions} actions
   */
  constructor(template, id, actions) {
    /** @type {HTMLLIElement} */ this.element = fromTemplate(template);
    this.element.dataset.id = id;
    this.handle = part(this.element, "handle");
    this.votes = part(this.element, "votes");
    this.vote = part(this.element, "vote");
    this.trash = part(this.element, "remove");
    /** @type {HTMLInputElement} */ this.field = part(this.element, "edit");
    this.title = makeTitle(part(this.element, "text"), this.field, (title) =>
      actions.rename(id, title),
    );
    this.vote.addEventListener("click", () => actions.vote(id));
    this.trash.addEventListener("click", () => actions.remove(id));
  }

  /** @param {ShownCard} card */
  show(card) {
    if (card === this.card) return;
    this.card = card;
    const { title, votes } = card;
    this.title.render(title);
    this.votes.textContent = String(votes);
    this.handle.setAttribute("aria-label", `Move: ${title}`);
    this.field.setAttribute("aria-label", `Title of: ${title}`);
    this.vote.setAttribute("aria-label", `Vote for: ${title}. Votes: ${votes}`);
    this.trash.setAttribute("aria-label", `Delete: ${title}`);
  }

  /** Takes it to another place, where an edit of it goes on. @param {() => void} move */
  move(move) {
    const focused = document.activeElement;
    const hadFocus = this.element.contains(focused);
    this.title.keep(move);
    if (hadFocus) /** @type {HTMLElement} */ (focused).focus({ preventScroll: true });
  }
}
