// @ts-check
// Every end to end test runs in every browser engine; each is started once for a file.

import { after, before, describe } from "node:test";
import { ENGINES } from "./engines.mjs";

/** @typedef {import("./engines.mjs").Browser} Browser */

/**
 * @param {string} title
 * @param {(browser: () => Browser) => void} tests declares them; the browser is there once they run
 */
export function inEveryBrowser(title, tests) {
  inBrowsers(ENGINES, title, tests);
}

/**
 * For what only some engines can show.
 * @param {readonly import("./engines.mjs").Engine[]} engines
 * @param {string} title
 * @param {(browser: () => Browser) => void} tests
 */
export function inBrowsers(engines, title, tests) {
  for (const { name, launch } of engines) {
    describe(`${title}, in ${name}`, () => {
      /** @type {Browser | undefined} */
      let browser;
      before(async () => {
        browser = await launch();
      });
      after(() => browser?.close());
      tests(() => {
        if (!browser) throw new Error(`${name} has not started`);
        return browser;
      });
    });
  }
}
