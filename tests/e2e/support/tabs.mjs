// @ts-check
// Tabs of one browser profile, each with a store that keeps a copy in the browser's database.

import assert from "node:assert/strict";
import { LOST_CONNECTION } from "./complaints.mjs";
import { until } from "./until.mjs";

/** @typedef {{ list: string[], n: number }} Board */

/**
 * @typedef {object} Seen
 * @property {string} state of the connection
 * @property {number} pending
 * @property {Board} board
 * @property {string} clientId
 */

export class Tab {
  /** @type {string[]} */
  complaints = [];

  /** @param {import("./engines.mjs").Page} page */
  constructor(page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      // A page without an icon is asked for one.
      const known =
        LOST_CONNECTION.test(message.text()) || message.location().url.endsWith("/favicon.ico");
      if (message.type() === "error" && !known) this.complaints.push(message.text());
    });
  }

  /**
   * Opens a page of the server, with a store.
   * @param {import("./engines.mjs").Context} context
   * @param {string} origin the server
   * @param {string} room the address of the room
   */
  static async open(context, origin, room) {
    const tab = new Tab(await context.newPage());
    await tab.page.goto(`${origin}/healthz`);
    await tab.start(room);
    return tab;
  }

  /** Makes the store. @param {string} room */
  async start(room) {
    await this.page.evaluate(async (url) => {
      const page = /** @type {any} */ (globalThis);
      const [{ SyncedStore }, { indexedDB }] = await Promise.all(
        ["/pkg/index.js", "/pkg/indexeddb.js"].map((file) => import(file)),
      );
      page.errors = [];
      page.store = new SyncedStore(url, {
        initial: { list: [], n: 0 },
        persist: indexedDB(),
        connection: { minDelayMs: 20, maxDelayMs: 100 },
        onError: (/** @type {any} */ error) =>
          page.errors.push({ code: error.code, reason: error.details?.reason }),
      });
    }, room);
    await this.until("it is loaded", ({ state }) => state !== "loading");
  }

  /** As if it was closed and opened again. @param {string} room */
  async reload(room) {
    await this.page.reload();
    await this.start(room);
  }

  /** @returns {Promise<Seen>} */
  see() {
    return this.page.evaluate(() => {
      const { store } = /** @type {any} */ (globalThis);
      const { state, pending } = store.status.value;
      return { state, pending, board: store.state, clientId: store.clientId };
    });
  }

  /**
   * @param {string} what
   * @param {(seen: Seen) => boolean} holds
   */
  async until(what, holds) {
    /** @type {Seen | undefined} */
    let last;
    await until(what, async () => {
      last = await this.see();
      if (holds(last)) return true;
      throw new Error(JSON.stringify(last));
    });
    return /** @type {Seen} */ (last);
  }

  /** Writes texts, a change each. @param {readonly string[]} texts */
  async write(...texts) {
    await this.page.evaluate((all) => {
      const { store } = /** @type {any} */ (globalThis);
      for (const text of all) {
        store.update((/** @type {any} */ board) => void board.list.push(text));
      }
    }, texts);
  }

  /** What the app was told of errors. @returns {Promise<{ code: string, reason?: string }[]>} */
  errors() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).errors);
  }

  /** Ends it without a word, and fails if the page has complained. */
  async close() {
    await this.page.close();
    assert.deepEqual(this.complaints, [], "the console is quiet");
  }
}
