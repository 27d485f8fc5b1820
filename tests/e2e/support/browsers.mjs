// @ts-check
// Every end to end test runs in both browsers; each is started once for a file.

import { after, before, describe } from "node:test";
import { chromium, firefox } from "playwright-core";

/** @typedef {import("playwright-core").Browser} Browser */

const chromiumPath = process.env.DRAFTSYNC_CHROMIUM ?? "/usr/bin/chromium";
const firefoxPath = process.env.DRAFTSYNC_FIREFOX ?? "/usr/bin/firefox-esr";

/** @type {readonly { name: string, launch: () => Promise<Browser> }[]} */
const BROWSERS = [
  {
    name: "Chromium",
    launch: () =>
      chromium.launch({
        executablePath: chromiumPath,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-background-networking",
        ],
      }),
  },
  {
    name: "Firefox",
    // The channel makes it speak to an unpatched Firefox.
    launch: () => firefox.launch({ channel: "moz-firefox", executablePath: firefoxPath }),
  },
];

/**
 * @param {string} title
 * @param {(browser: () => Browser) => void} tests declares them; the browser is there once they run
 */
export function inBothBrowsers(title, tests) {
  for (const { name, launch } of BROWSERS) {
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
