// @ts-check
// Windows of the demo, looked at and used as a person would.

import assert from "node:assert/strict";
import { LOST_CONNECTION } from "./complaints.mjs";
import { until } from "./until.mjs";

/** @typedef {import("./engines.mjs").Browser} Browser */
/** @typedef {import("./engines.mjs").ContextOptions} ContextOptions */

/**
 * An item as the page shows it.
 * @typedef {{ text: string, done: boolean }} Shown
 */

let rooms = 0;

/** @returns {string} A room nobody has been in. */
export function newRoom() {
  rooms += 1;
  return `e2e-${process.pid}-${rooms}`;
}

export class Window {
  /**
   * @param {import("./engines.mjs").Context} context
   * @param {import("./engines.mjs").Page} page
   */
  constructor(context, page) {
    this.context = context;
    this.page = page;
    /** @type {string[]} */
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  /**
   * Opens the demo in a browser profile of its own.
   * @param {Browser} browser
   * @param {string} origin
   * @param {string} room
   * @param {ContextOptions} [options]
   */
  static async open(browser, origin, room, options) {
    const context = await browser.newContext(options);
    const window = new Window(context, await context.newPage());
    await window.page.goto(`${origin}/?room=${room}`);
    await window.page.locator("#list[aria-busy=false]").waitFor();
    return window;
  }

  /** @param {number | string} item its place, or its text */
  row(item) {
    const rows = this.page.locator("#list > li");
    return typeof item === "number" ? rows.nth(item) : rows.filter({ hasText: item });
  }

  /**
   * @param {number | string} item
   * @param {"handle" | "check" | "text" | "edit" | "editors" | "up" | "down" | "remove"} role
   */
  part(item, role) {
    return this.row(item).locator(`[data-role=${role}]`);
  }

  /** @param {string} text */
  async add(text) {
    await this.page.locator("#new-text").fill(text);
    await this.page.locator("#new-text").press("Enter");
  }

  /** @param {number | string} item */
  async check(item) {
    await this.part(item, "check").click();
  }

  /**
   * @param {number | string} item
   * @param {string} text
   */
  async edit(item, text) {
    await this.part(item, "text").click();
    const field = this.page.locator("#list [data-role=edit]:visible");
    await field.fill(text);
    await field.press("Enter");
  }

  /** @param {number | string} item */
  async remove(item) {
    await this.row(item).hover();
    await this.part(item, "remove").click();
  }

  /**
   * Drags an item past another one, up or down. A drag says which item moves; a step by keyboard
   * changes two neighbours, and the document cannot tell which of them it was.
   * @param {number | string} item
   * @param {number | string} past
   */
  async drag(item, past) {
    // Hovering waits until the row has come to rest; a box read before is that of a row on its way.
    await this.row(past).hover();
    await this.part(item, "handle").hover();
    const from = await this.row(item).boundingBox();
    const to = await this.row(past).boundingBox();
    assert.ok(from && to, "both rows are on the screen");
    const held = await this.part(item, "handle").boundingBox();
    assert.ok(held, "the handle is on the screen");
    const { mouse } = this.page;
    const x = held.x + held.width / 2;
    const y = held.y + held.height / 2;
    // The rows change places when an edge of the held one passes the other's middle; it is carried
    // a quarter of a row beyond, so that no fraction of a pixel decides.
    const edge = to.y < from.y ? from.y : from.y + from.height;
    const middle = to.y + to.height / 2;
    const beyond = to.y < from.y ? -to.height / 4 : to.height / 4;
    await mouse.down();
    await mouse.move(x, y + middle + beyond - edge, { steps: 6 });
    await this.page.locator("#list > .dragging").waitFor();
    await mouse.up();
  }

  /** @param {boolean} offline */
  async goOffline(offline) {
    const toggle = this.page.locator("#offline");
    if ((await toggle.getAttribute("aria-checked")) !== String(offline)) await toggle.click();
  }

  /** @returns {Promise<Shown[]>} */
  shown() {
    return this.page.$$eval("#list > li", (rows) =>
      rows.map((row) => ({
        text: row.querySelector("[data-role=text]")?.textContent ?? "",
        done: row.querySelector("input")?.checked ?? false,
      })),
    );
  }

  async texts() {
    return (await this.shown()).map((item) => item.text);
  }

  /** What the store holds. */
  document() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).store.state);
  }

  /** @returns {Promise<{ state: string, pending: number }>} */
  status() {
    return this.page.$eval("#pill", (pill) => ({
      state: /** @type {HTMLElement} */ (pill).dataset.state ?? "",
      pending: Number(/** @type {HTMLElement} */ (pill).dataset.pending),
    }));
  }

  /** @param {string} state */
  async reaches(state) {
    await until(`the page says ${state}`, async () => (await this.status()).state === state);
  }

  /** @param {number} count */
  async waitsWith(count) {
    await until(`${count} edits wait`, async () => {
      assert.equal((await this.status()).pending, count);
      return true;
    });
  }

  /** @param {readonly string[]} texts */
  async shows(texts) {
    await until(`the page shows ${JSON.stringify(texts)}`, async () => {
      assert.deepEqual(await this.texts(), texts);
      return true;
    });
  }

  notices() {
    return this.page.locator("#notices .notice > span").allTextContents();
  }

  /**
   * Closes it, and fails if the page has complained.
   * @param {{ lostConnections?: boolean }} [allowed] lines about sockets that could not be opened
   */
  async close({ lostConnections = false } = {}) {
    await this.context.close();
    const errors = this.errors.filter((text) => !lostConnections || !LOST_CONNECTION.test(text));
    assert.deepEqual(errors, [], "the console is quiet");
  }
}

/**
 * Waits until all windows are connected, have nothing to send and hold the same document.
 * @param {readonly Window[]} windows
 * @param {number} [deadlineMs]
 * @returns {Promise<Shown[]>} what all of them show
 */
export function agree(windows, deadlineMs) {
  return until(
    "all windows agree",
    async () => {
      const statuses = await Promise.all(windows.map((window) => window.status()));
      for (const status of statuses) {
        assert.deepEqual(status, { state: "connected", pending: 0 });
      }
      const [document, ...others] = await Promise.all(windows.map((window) => window.document()));
      for (const other of others) assert.deepEqual(other, document);
      const expected = document.todos.map((/** @type {any} */ { text, done }) => ({ text, done }));
      for (const window of windows) assert.deepEqual(await window.shown(), expected);
      return expected;
    },
    deadlineMs,
  );
}
