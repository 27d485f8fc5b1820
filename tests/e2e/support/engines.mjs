// @ts-check
// The browser engines, each behind the same small interface: just what the tests use. Chromium and
// Firefox are driven by playwright, whose words these are; WebKit has an adapter of our own over
// WebDriver, because playwright drives only a WebKit that it brings itself.

import { chromium, firefox } from "playwright-core";
import { WebKit } from "./webkit/browser.mjs";

/**
 * A line of a page's console. WebKit tells of it, and of errors of the page, with the page's next
 * answer or when the page is closed; and only of what its scripts did once it had loaded.
 * @typedef {object} ConsoleMessage
 * @property {() => string} type
 * @property {() => string} text
 * @property {() => { url: string }} location
 */

/**
 * @typedef {object} Box
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/**
 * @typedef {object} Locator
 * @property {(selector: string) => Locator} locator
 * @property {(index: number) => Locator} nth
 * @property {() => Locator} first
 * @property {(by: { hasText: string }) => Locator} filter
 * @property {() => Promise<void>} waitFor until it is visible
 * @property {() => Promise<void>} click
 * @property {() => Promise<void>} hover
 * @property {() => Promise<void>} focus
 * @property {(text: string) => Promise<void>} fill
 * @property {(key: string) => Promise<void>} press
 * @property {(text: string) => Promise<void>} pressSequentially
 * @property {() => Promise<Box | null>} boundingBox
 * @property {() => Promise<string>} inputValue
 * @property {() => Promise<string | null>} textContent
 * @property {() => Promise<string[]>} allTextContents
 * @property {(name: string) => Promise<string | null>} getAttribute
 * @property {() => Promise<boolean>} isVisible
 */

/**
 * @typedef {object} Mouse
 * @property {(x: number, y: number, how?: { steps?: number }) => Promise<void>} move
 * @property {() => Promise<void>} down
 * @property {() => Promise<void>} up
 */

/**
 * @typedef {object} Keyboard
 * @property {(key: string) => Promise<void>} press
 * @property {(text: string) => Promise<void>} type
 */

/**
 * What is handed over to a page and back is JSON.
 * @typedef {object} Page
 * @property {Mouse} mouse
 * @property {Keyboard} keyboard
 * @property {PageEvents} on
 * @property {(url: string) => Promise<unknown>} goto
 * @property {() => Promise<unknown>} reload
 * @property {() => Promise<unknown>} goBack
 * @property {Evaluate} evaluate
 * @property {<R>(selector: string, run: (element: Element) => R) => Promise<R>} $eval
 * @property {<R>(selector: string, run: (elements: Element[]) => R) => Promise<R>} $$eval
 * @property {(selector: string) => Locator} locator a CSS selector, which may end with `:visible`
 * @property {(role: "button", by: { name: string }) => Locator} getByRole
 * @property {() => Promise<void>} bringToFront
 * @property {() => Promise<void>} close
 */

/** @typedef {<R, A>(run: string | ((given: A) => R | Promise<R>), given?: A) => Promise<R>} Evaluate */

/**
 * @typedef {{
 *   (event: "pageerror", listener: (error: Error) => void): unknown,
 *   (event: "console", listener: (message: ConsoleMessage) => void): unknown,
 * }} PageEvents
 */

/** @typedef {{ viewport?: { width: number, height: number } }} ContextOptions */

/**
 * A profile: its pages share what the browser stores, and nothing with those of another. In WebKit
 * an init script runs when the page has loaded, and not before.
 * @typedef {object} Context
 * @property {() => Promise<Page>} newPage
 * @property {(script: () => void) => Promise<unknown>} addInitScript
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Browser
 * @property {(options?: ContextOptions) => Promise<Context>} newContext
 * @property {() => Promise<Page>} newPage one in a profile of its own
 * @property {() => Promise<void>} close
 */

/** @typedef {{ name: string, launch: () => Promise<Browser> }} Engine */

/** @type {Engine} */
export const CHROMIUM = {
  name: "Chromium",
  launch: async () =>
    ofPlaywright(
      await chromium.launch({
        executablePath: process.env.DRAFTSYNC_CHROMIUM ?? "/usr/bin/chromium",
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-background-networking",
        ],
      }),
    ),
};

/** @type {Engine} */
export const FIREFOX = {
  name: "Firefox",
  launch: async () =>
    ofPlaywright(
      await firefox.launch({
        // The channel makes it speak to an unpatched Firefox.
        channel: "moz-firefox",
        executablePath: process.env.DRAFTSYNC_FIREFOX ?? "/usr/bin/firefox-esr",
      }),
    ),
};

/** @type {Engine} */
export const WEBKIT = {
  name: "WebKit",
  launch: async () => new WebKit(),
};

export const ENGINES = [CHROMIUM, FIREFOX, WEBKIT];

/**
 * What playwright gives has all of this and more; its types say it in too many words to compare.
 * @param {import("playwright-core").Browser} browser
 */
function ofPlaywright(browser) {
  return /** @type {Browser} */ (/** @type {unknown} */ (browser));
}
