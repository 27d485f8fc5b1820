// @ts-check
// Stores in pages without the demo, with options of the test's own.

import { until } from "./until.mjs";

/** @typedef {import("../../../pkg-template/index.js").SyncedStoreOptions<Notes>["connection"]} Connection */
/** @typedef {{ notes: string[], large: string }} Notes */

export class Peer {
  /** @param {import("./engines.mjs").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string[]} */
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(String(error.stack ?? error)));
  }

  /**
   * A page with one store, connected.
   * @param {import("./engines.mjs").Browser} browser
   * @param {string} origin
   * @param {string} room
   * @param {Connection} [connection]
   */
  static async open(browser, origin, room, connection) {
    const peer = new Peer(await browser.newPage());
    // Any file will do that is no page.
    await peer.page.goto(`${origin}/style.css`);
    await peer.page.evaluate(async ([name, options]) => {
      const global = /** @type {any} */ (globalThis);
      const { SyncedStore } = await import(/** @type {any} */ ("/pkg/index.js"));
      global.errors = [];
      global.store = await SyncedStore.open(
        `${global.location.origin.replace("http", "ws")}/rooms/${name}`,
        {
          initial: { notes: [], large: "" },
          connection: options,
          onError: (/** @type {any} */ error) => global.errors.push(error.code),
        },
      );
    }, /** @type {const} */ ([room, connection]));
    return peer;
  }

  /** @param {readonly string[]} notes each in a change of its own */
  async write(...notes) {
    await this.page.evaluate((list) => {
      for (const note of list) {
        /** @type {any} */ (globalThis).store.update(
          (/** @type {any} */ draft) => void draft.notes.push(note),
        );
      }
    }, notes);
  }

  /** @returns {Promise<Notes>} */
  state() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).store.state);
  }

  /** @returns {Promise<{ state: string, pending: number }>} */
  status() {
    return this.page.evaluate(() => {
      const { state, pending } = /** @type {any} */ (globalThis).store.status.value;
      return { state, pending };
    });
  }

  /** @param {readonly string[]} notes */
  async has(notes) {
    const wanted = JSON.stringify(notes);
    await until(`the page has ${wanted.slice(0, 80)}`, async () => {
      return JSON.stringify((await this.state()).notes) === wanted;
    });
  }

  /** Closes the page, and says what its store told as errors. @returns {Promise<string[]>} */
  async close() {
    const errors = await this.page.evaluate(() => /** @type {any} */ (globalThis).errors);
    await this.page.close();
    return [...this.errors, ...errors];
  }
}
