// @ts-check
// The page with two people at one board, looked at and used as a person would.

import assert from "node:assert/strict";
import { until } from "./until.mjs";

/** @typedef {"Ada" | "Grace"} Name */
/** @typedef {"todo" | "doing" | "done"} Column */
/** @typedef {{ id: string, title: string, votes: number }} Card */
/** @typedef {Record<Column, Card[]> & { note: string }} State */
/** @typedef {{ origin: string, bytes: string, operations: string[] }} ShownPatch */

/** @type {readonly Name[]} */
export const NAMES = ["Ada", "Grace"];

export class Board {
  /** @type {string[]} */
  errors = [];

  /**
   * @param {import("./engines.mjs").Context} context
   * @param {import("./engines.mjs").Page} page
   */
  constructor(context, page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  /**
   * A page in a browser profile of its own.
   * @param {import("./engines.mjs").Browser} browser
   * @param {import("./engines.mjs").ContextOptions} [options]
   */
  static async open(browser, options) {
    const context = await browser.newContext(options);
    return new Board(context, await context.newPage());
  }

  /** @param {string} address */
  async goto(address) {
    await this.page.goto(address);
    await this.isOpen();
  }

  /** Waits until both have the board. */
  async isOpen() {
    for (const name of NAMES) await this.pane(name, ":scope[aria-busy=false]").waitFor();
    // In a window that has no focus no element can have it.
    await this.page.bringToFront();
  }

  /**
   * @param {Name} name
   * @param {string} selector in the pane; `:scope` is the pane itself
   */
  pane(name, selector) {
    const pane = `[data-name=${name}]`;
    return this.page.locator(
      selector.startsWith(":scope") ? selector.replace(":scope", pane) : `${pane} ${selector}`,
    );
  }

  /** @param {Name} name @param {string} role */
  part(name, role) {
    return this.pane(name, `[data-role=${role}]`);
  }

  /** @param {Name} name @param {string} title @param {string} role */
  ticket(name, title, role) {
    return this.pane(name, ".ticket").filter({ hasText: title }).locator(`[data-role=${role}]`);
  }

  /** What the store holds. @param {Name} name @returns {Promise<State>} */
  state(name) {
    return this.page.evaluate(
      (which) => /** @type {any} */ (globalThis)[which].state,
      name.toLowerCase(),
    );
  }

  /**
   * What the pane shows: the titles and the votes, by column.
   * @param {Name} name
   * @returns {Promise<string[][]>}
   */
  async shown(name) {
    return this.page.evaluate(
      (which) =>
        [...document.querySelectorAll(`[data-name=${which}] .lane ul`)].map((list) =>
          [...list.children].map(
            (ticket) =>
              `${ticket.querySelector("[data-role=text]")?.textContent} ${ticket.querySelector("[data-role=votes]")?.textContent}`,
          ),
        ),
      name,
    );
  }

  /** @param {Name} name @param {readonly (readonly string[])[]} columns */
  async shows(name, columns) {
    await until(`${name} sees ${JSON.stringify(columns)}`, async () => {
      assert.deepEqual(await this.shown(name), columns);
      return true;
    });
  }

  /** Waits until both have nothing to send, and hold and show the same. */
  async agree() {
    await until("both panes agree", async () => {
      assert.deepEqual(await this.statuses(), ["connected 0", "connected 0"]);
      const [ada, grace] = [await this.state("Ada"), await this.state("Grace")];
      assert.deepEqual(grace, ada);
      /** @type {Column[]} */
      const columns = ["todo", "doing", "done"];
      const expected = columns.map((column) =>
        ada[column].map(({ title, votes }) => `${title} ${votes}`),
      );
      for (const name of NAMES) assert.deepEqual(await this.shown(name), expected);
      return true;
    });
    return this.state("Ada");
  }

  /** The state and the number of waiting edits of each, as the page shows them. */
  statuses() {
    return this.page.$$eval("[data-role=pill]", (pills) =>
      pills.map((pill) => {
        const { state, pending } = /** @type {HTMLElement} */ (pill).dataset;
        return `${state} ${pending}`;
      }),
    );
  }

  /** @param {readonly string[]} statuses */
  async reach(statuses) {
    await until(`the panes say ${statuses}`, async () => {
      assert.deepEqual(await this.statuses(), statuses);
      return true;
    });
  }

  /** @param {Name} name @param {string} title @param {string} to */
  async rename(name, title, to) {
    await this.ticket(name, title, "text").click();
    const field = this.pane(name, "[data-role=edit]:visible");
    await field.fill(to);
    await field.press("Enter");
  }

  /** @param {Name} name @param {string} title */
  async add(name, title) {
    await this.part(name, "new-title").fill(title);
    await this.part(name, "new-title").press("Enter");
  }

  /** Moves the slider. @param {Name} name @param {number} ms */
  async delay(name, ms) {
    await this.page.evaluate(([which, value]) => {
      const slider = document.querySelector(`[data-name=${which}] [data-role=latency]`);
      /** @type {HTMLInputElement} */ (slider).value = String(value);
      slider?.dispatchEvent(new Event("input"));
    }, /** @type {[Name, number]} */ ([name, ms]));
  }

  /** The patches that a pane shows, newest first. @param {Name} name @returns {Promise<ShownPatch[]>} */
  patches(name) {
    return this.page.evaluate(
      (which) =>
        [...document.querySelectorAll(`[data-name=${which}] [data-role=patches] > li`)].map(
          (entry) => ({
            origin: /** @type {HTMLElement} */ (entry).dataset.origin ?? "",
            bytes: entry.querySelector(".bytes")?.textContent ?? "",
            operations: [...entry.querySelectorAll("code")].map((line) => line.textContent ?? ""),
          }),
        ),
      name,
    );
  }

  /** The sentences about a conflict, by what each is about. @returns {Promise<Record<string, string>>} */
  async story() {
    return this.page.$$eval("#story > li", (sentences) =>
      Object.fromEntries(
        sentences.map((sentence) => [
          /** @type {HTMLElement} */ (sentence).dataset.about,
          sentence.textContent,
        ]),
      ),
    );
  }

  /** Fails if the page has complained. */
  async isQuiet() {
    // WebKit tells of complaints with its next answer.
    await this.page.evaluate("0");
    assert.deepEqual(this.errors.splice(0), [], "the console is quiet");
  }

  async close() {
    await this.isQuiet();
    await this.context.close();
  }
}
