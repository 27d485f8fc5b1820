// @ts-check
// Editing without a connection, and coming back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { Proxy } from "./support/proxy.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

inEveryBrowser("offline", (browser) => {
  /** @type {ServerProcess} */
  let server;
  before(async () => {
    server = await ServerProcess.start();
  });
  after(() => server.kill());

  /**
   * Two windows on a list of these texts.
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
    return [ada, grace];
  }

  test("C6, T4: edits made offline on both sides merge on return, and nothing is lost", async () => {
    const [ada, grace] = await twoWith(["one", "two", "three", "four", "five"]);
    await ada.goOffline(true);
    await grace.goOffline(true);
    await ada.reaches("offline");
    await grace.reaches("offline");

    // Ada reorders, checks, deletes and adds; Grace does so with other items, and with the same.
    await ada.drag("five", "one");
    await ada.shows(["five", "one", "two", "three", "four"]);
    await ada.check("two");
    await ada.remove("three");
    await ada.add("from Ada");
    await ada.waitsWith(4);
    assert.deepEqual(await grace.texts(), ["one", "two", "three", "four", "five"]);

    await grace.edit("two", "two, edited");
    await grace.edit("five", "five, edited");
    await grace.check("four");
    await grace.part("four", "up").click();
    await grace.add("from Grace");
    await grace.waitsWith(5);

    await ada.goOffline(false);
    await ada.waitsWith(0);
    await grace.goOffline(false);
    const shown = await agree([ada, grace]);

    const byText = new Map(shown.map((item) => [item.text, item.done]));
    assert.equal(shown.length, 6, JSON.stringify(shown));
    assert.equal(byText.get("two, edited"), true, "Ada's check and Grace's edit of one item");
    assert.equal(byText.get("four"), true, "Grace's check of the item she moved");
    assert.equal(shown[0].text, "five, edited", "Ada's move and Grace's edit of one item");
    assert.equal(byText.has("three"), false, "Ada's deletion");
    assert.ok(byText.has("from Ada") && byText.has("from Grace"), "both additions");
    await ada.close();
    await grace.close();
  });

  test("T22, T29: both delete one item, and both move another", async () => {
    const [ada, grace] = await twoWith(["one", "two", "three", "four", "five"]);
    for (const window of [ada, grace]) {
      await window.goOffline(true);
      await window.reaches("offline");
      await window.remove("two");
    }
    await ada.drag("five", "three");
    await ada.shows(["one", "five", "three", "four"]);
    await grace.drag("five", "one");

    await grace.goOffline(false);
    await agree([grace]);
    await grace.shows(["five", "one", "three", "four"]);
    // Ada comes later, so of the two moves hers stands.
    await ada.goOffline(false);
    await agree([ada, grace]);
    await grace.shows(["one", "five", "three", "four"]);
    await ada.close();
    await grace.close();
  });

  test("C3, B30: an edit shows at once, and the page counts what waits", async () => {
    const [ada, grace] = await twoWith(["one"]);
    await ada.goOffline(true);
    await ada.reaches("offline");
    assert.equal(await ada.page.locator("#offline").getAttribute("aria-checked"), "true");
    await ada.add("two");
    await ada.shows(["one", "two"]);
    assert.equal(await ada.page.locator("#pending").textContent(), "1 edit waiting");
    await ada.add("three");
    await until("the page counts two", async () => {
      return (await ada.page.locator("#pending").textContent()) === "2 edits waiting";
    });
    await until("the change of the connection is announced", async () => {
      return (await ada.page.locator("#announce").textContent()) === "Offline";
    });
    await ada.goOffline(false);
    await grace.shows(["one", "two", "three"]);
    await agree([ada, grace]);
    assert.equal(await ada.page.locator("#pending").isVisible(), false);
    await ada.close();
    await grace.close();
  });

  test("R16, C15: an edit that the server refuses is undone, and the page says so", async () => {
    const [ada, grace] = await twoWith(["one", "two"]);
    await ada.goOffline(true);
    await ada.reaches("offline");
    await ada.page.evaluate(() => {
      /** @type {any} */ (globalThis).store.patch([
        { op: "test", path: "/todos/0/done", value: false },
        { op: "replace", path: "/todos/0/text", value: "only while it is not done" },
      ]);
    });
    await ada.add("three");
    await ada.shows(["only while it is not done", "two", "three"]);
    await grace.check("one");
    await agree([grace]);

    await ada.goOffline(false);
    await ada.shows(["one", "two", "three"]);
    await until("the page says so", async () => (await ada.notices()).length === 1);
    assert.match((await ada.notices())[0], /refused an edit, so it was undone/);
    await agree([ada, grace]);
    await ada.close();
    await grace.close();
  });

  test("C4, C28: edits made before the first welcome are kept", async () => {
    const proxy = await Proxy.start(server.port);
    const room = newRoom();
    const grace = await Window.open(browser(), server.url, room);
    await grace.add("already there");
    await agree([grace]);

    proxy.hold();
    const context = await browser().newContext();
    const ada = new Window(context, await context.newPage());
    await ada.page.goto(`${proxy.url}/?room=${room}`);
    await until("the store is there", () => ada.page.evaluate(() => "store" in globalThis));
    await ada.page.evaluate(() => {
      /** @type {any} */ (globalThis).store.update((/** @type {any} */ draft) => {
        draft.todos.push({ id: "early", text: "before the first welcome", done: false });
      });
    });
    assert.equal((await ada.status()).pending, 1);
    proxy.release();

    const shown = await agree([ada, grace]);
    const texts = shown.map((item) => item.text);
    assert.equal(texts.filter((text) => text === "before the first welcome").length, 1);
    assert.equal(texts.filter((text) => text === "already there").length, 1);
    assert.equal(texts.length, 5);
    await ada.close();
    await grace.close();
    await proxy.close();
  });
});
