// @ts-check
// Away for longer than the room's log reaches back: the document comes without its history.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

inEveryBrowser("away for long", (browser) => {
  /** @type {ServerProcess} */
  let server;
  before(async () => {
    // A few changes are more than this room keeps.
    server = await ServerProcess.start({ flags: ["--log-bytes-max", "400"] });
  });
  after(() => server.kill());

  /**
   * Two windows on a list of these texts, the second of which counts the snapshots it gets.
   * @param {readonly string[]} texts
   * @returns {Promise<[Window, Window]>}
   */
  async function twoWith(texts) {
    const room = newRoom();
    const ada = await Window.open(browser(), server.url, room);
    const grace = await Window.open(browser(), server.url, room);
    await ada.page.evaluate((list) => {
      /** @type {any} */ (globalThis).store.update((/** @type {any} */ draft) => {
        draft.todos = list.map((text) => ({ id: text, text, done: false }));
      });
    }, texts);
    await agree([ada, grace]);
    await grace.shows(texts);
    await grace.page.evaluate(() => {
      const page = /** @type {any} */ (globalThis);
      page.loads = 0;
      page.store.on("patch", (/** @type {any} */ { origin }) => {
        if (origin === "load") page.loads += 1;
      });
    });
    return [ada, grace];
  }

  /** @param {Window} window @returns {Promise<number>} */
  const loads = (window) => window.page.evaluate(() => /** @type {any} */ (globalThis).loads);

  /**
   * More changes than the room keeps, which come to nothing.
   * @param {Window} window
   */
  async function talk(window) {
    await window.page.evaluate(async () => {
      const { store } = /** @type {any} */ (globalThis);
      for (let n = 0; n < 50; n += 1) {
        const item = { id: `talk ${n}`, text: "talk", done: false };
        await store.update((/** @type {any} */ draft) => void draft.todos.push(item)).confirmed;
        await store.update((/** @type {any} */ draft) => void draft.todos.pop()).confirmed;
      }
    });
  }

  test("C21, T47, T48: edits made offline are on the items that they were made on", async () => {
    const [ada, grace] = await twoWith(["one", "two", "three", "four", "five", "six"]);
    await grace.goOffline(true);
    await grace.reaches("offline");
    await grace.edit("two", "two, edited");
    await grace.check("five");
    await grace.remove("four");
    await grace.edit("six", "six, edited");
    await grace.drag("three", "one");
    await grace.add("from Grace");
    await grace.waitsWith(6);

    await ada.drag("five", "one");
    await ada.check("two");
    await ada.remove("six");
    await ada.add("from Ada");
    await talk(ada);
    await agree([ada]);

    await grace.goOffline(false);
    const shown = await agree([ada, grace]);
    assert.equal(await loads(grace), 1, "a snapshot came");
    const byText = new Map(shown.map((item) => [item.text, item.done]));
    assert.deepEqual([...byText.keys()].sort(), [
      "five",
      "from Ada",
      "from Grace",
      "one",
      "three",
      "two, edited",
    ]);
    assert.equal(byText.get("two, edited"), true, "Ada's check and Grace's edit of one item");
    assert.equal(byText.get("five"), true, "Ada's move and Grace's check of one item");
    const texts = shown.map((item) => item.text);
    assert.ok(texts.indexOf("five") < texts.indexOf("one"), "Ada's move");
    assert.ok(texts.indexOf("three") < texts.indexOf("one"), "Grace's move");
    await ada.close();
    await grace.close();
  });

  test("C29, B2: what did not change is not drawn anew, and typing goes on", async () => {
    const [ada, grace] = await twoWith(["one", "two", "three"]);
    await grace.goOffline(true);
    await grace.reaches("offline");
    await grace.part("two", "text").click();
    const field = grace.page.locator("#list [data-role=edit]:visible");
    await field.fill("half a wo");
    await grace.page.evaluate(() => {
      const page = /** @type {any} */ (globalThis);
      page.before = { state: page.store.state, rows: [...document.querySelectorAll("#list > li")] };
    });

    await ada.edit("three", "three, edited");
    await ada.drag("three, edited", "one");
    await talk(ada);
    await agree([ada]);
    // By the switch she would leave the field.
    await grace.page.evaluate(() => /** @type {any} */ (globalThis).store.connect());
    await until("a snapshot came", async () => (await loads(grace)) === 1);
    await until("the page shows it", async () => (await grace.texts())[0] === "three, edited");

    const same = await grace.page.evaluate(() => {
      const { before, store } = /** @type {any} */ (globalThis);
      const rows = [...document.querySelectorAll("#list > li")];
      return {
        items: store.state.todos.map((/** @type {any} */ item) => before.state.todos.indexOf(item)),
        rows: rows.map((row) => before.rows.indexOf(row)),
      };
    });
    assert.deepEqual(same, { items: [-1, 0, 1], rows: [2, 0, 1] });
    assert.equal(await field.inputValue(), "half a wo", "nobody has touched the field");
    await field.press("End");
    await field.pressSequentially("rd");
    await field.press("Enter");
    await agree([ada, grace]);
    await ada.shows(["three, edited", "one", "half a word"]);
    await ada.close();
    await grace.close();
  });

  test("C19, C21: five hundred edits made away are each taken, in their order", async () => {
    const [ada, grace] = await twoWith(["one"]);
    await grace.goOffline(true);
    await grace.reaches("offline");
    await grace.page.evaluate(() => {
      const { store } = /** @type {any} */ (globalThis);
      for (let n = 0; n < 500; n += 1) {
        const item = { id: `grace ${n}`, text: `grace ${n}`, done: false };
        store.update((/** @type {any} */ draft) => void draft.todos.push(item));
      }
    });
    await grace.waitsWith(500);
    await ada.add("from Ada");
    await talk(ada);
    await grace.goOffline(false);
    const texts = (await agree([ada, grace], 60_000)).map(({ text }) => text);
    assert.equal(await loads(grace), 1, "a snapshot came");
    assert.deepEqual(
      texts.filter((text) => text.startsWith("grace ")),
      Array.from({ length: 500 }, (_, n) => `grace ${n}`),
    );
    assert.equal(texts.length, 502);
    await ada.close();
    await grace.close();
  });
});
