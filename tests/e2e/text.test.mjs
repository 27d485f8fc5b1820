// @ts-check
// Two people in one text field: what they type merges, and each keeps the caret.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { Peer } from "./support/stores.mjs";
import { until } from "./support/until.mjs";
import { newRoom } from "./support/windows.mjs";

/** What the field shows, with its caret. @param {Peer} peer @returns {Promise<string>} */
function shown({ page }) {
  return page.$eval("textarea", (element) => {
    const { value, selectionStart } = /** @type {HTMLTextAreaElement} */ (element);
    return `${value.slice(0, selectionStart)}|${value.slice(selectionStart)}`;
  });
}

/** @param {Peer} peer @param {string} wanted */
async function shows(peer, wanted) {
  await until(`the field shows ${wanted}`, async () => {
    assert.equal(await shown(peer), wanted);
    return true;
  });
}

inEveryBrowser("a text field", (browser) => {
  /** @type {ServerProcess} */
  let server;
  before(async () => {
    server = await ServerProcess.start();
  });
  after(() => server.kill());

  /** @param {string} room */
  async function writer(room) {
    const peer = await Peer.open(browser(), server.url, room);
    await peer.page.evaluate(() => {
      const field = document.createElement("textarea");
      document.body.replaceChildren(field);
      /** @type {any} */ (globalThis).store.text("/large").bind(field);
    });
    await peer.page.locator("textarea").click();
    return peer;
  }

  test("B63: two people type into one text, and each keeps the caret", async () => {
    const room = newRoom();
    const ada = await writer(room);
    const grace = await writer(room);
    await ada.page.keyboard.type("hello world");
    await shows(ada, "hello world|");
    await shows(grace, "|hello world");
    await grace.page.keyboard.press("End");
    await shows(grace, "hello world|");
    await ada.page.keyboard.press("Home");
    await Promise.all([ada.page.keyboard.type(">> "), grace.page.keyboard.type("!?")]);
    await shows(ada, ">> |hello world!?");
    await shows(grace, ">> hello world!?|");
    await grace.page.keyboard.press("Backspace");
    await shows(ada, ">> |hello world!");
    assert.deepEqual([...(await ada.close()), ...(await grace.close())], []);
  });

  test("B63: what others write waits until an input method has composed", async () => {
    const room = newRoom();
    const ada = await writer(room);
    const grace = await writer(room);
    await ada.page.keyboard.type("ab");
    await shows(grace, "|ab");
    /** @param {string} event @param {string} [value] */
    const compose = (event, value) =>
      ada.page.evaluate(
        ([type, text]) => {
          const field = /** @type {HTMLTextAreaElement} */ (document.querySelector("textarea"));
          if (text !== null) field.value = text;
          field.dispatchEvent(type === "input" ? new Event(type) : new CompositionEvent(type));
        },
        /** @type {[string, string | null]} */ ([event, value ?? null]),
      );
    await compose("compositionstart");
    await compose("input", "abか");
    await grace.page.keyboard.type("> ");
    await shows(grace, "> |abか");
    await until("the other's text has come", async () => (await ada.state()).large === "> abか");
    assert.equal(await shown(ada), "abか|");
    await compose("compositionend");
    await shows(ada, "> abか|");
    assert.deepEqual([...(await ada.close()), ...(await grace.close())], []);
  });
});
