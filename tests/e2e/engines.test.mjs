// @ts-check
// What the other tests rely on in every engine: that complaints of a page are heard, and that a
// profile is one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";

inEveryBrowser("engines", (browser) => {
  /** @type {ServerProcess} */
  let server;
  before(async () => {
    server = await ServerProcess.start({ engine: "memory" });
  });
  after(() => server.kill());

  test("an error that nobody catches and a line in the console are told", async () => {
    const page = await browser().newPage();
    /** @type {string[]} */
    const told = [];
    page.on("pageerror", (error) => told.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") told.push(message.text());
    });
    await page.goto(`${server.url}/healthz`);
    await page.evaluate(() => {
      // A script of the page's own: engines are more lenient with what its driver runs.
      const script = document.createElement("script");
      script.textContent = `console.error("written");
        Promise.reject(new Error("rejected"));
        throw new Error("thrown");`;
      document.head.append(script);
    });
    const words = ["written", "rejected", "thrown"];
    for (const word of words) {
      await until(`it is told what was ${word}`, async () => {
        await page.evaluate(() => {});
        return told.some((text) => text.includes(word));
      });
    }
    await page.close();
    // Browsers may complain that there is no icon.
    const own = told.filter((text) => words.some((word) => text.includes(word)));
    assert.equal(own.length, 3, told.join("\n"));
  });

  test("pages of one profile share what the browser keeps, even after the last was closed", async () => {
    const [one, other] = [await browser().newContext(), await browser().newContext()];
    const first = await one.newPage();
    await first.goto(`${server.url}/healthz`);
    await first.evaluate(() => localStorage.setItem("kept", "by the first"));
    const kept = (/** @type {typeof first} */ page) =>
      page.evaluate(() => localStorage.getItem("kept"));
    const second = await one.newPage();
    await second.goto(`${server.url}/healthz`);
    assert.equal(await kept(second), "by the first");
    for (const page of [first, second]) await page.close();
    const third = await one.newPage();
    await third.goto(`${server.url}/healthz`);
    assert.equal(await kept(third), "by the first");
    const stranger = await other.newPage();
    await stranger.goto(`${server.url}/healthz`);
    assert.equal(await kept(stranger), null);
    for (const context of [one, other]) await context.close();
  });

  test("B31: `Symbol.dispose` ends a store also where the engine has no such symbol", async () => {
    const page = await browser().newPage();
    await page.goto(`${server.url}/healthz`);
    const state = await page.evaluate(async () => {
      const { SyncedStore } = await import(/** @type {any} */ ("/pkg/index.js"));
      const store = new SyncedStore("/rooms/disposed", { initial: {} });
      store[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
      return store.status.value.state;
    });
    assert.equal(state, "closed");
    await page.close();
  });
});
