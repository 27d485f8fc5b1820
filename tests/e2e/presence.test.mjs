// @ts-check
// Who is here, in two browsers: a caret in a text moves with what the other types, and a page that
// is closed has left.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { Peer } from "./support/stores.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

inEveryBrowser("presence", (browser) => {
  /** @type {ServerProcess} */
  let server;
  before(async () => {
    server = await ServerProcess.start();
  });
  after(() => server.kill());

  /** Somebody with a field, who shows where the caret is. @param {string} room @param {string} name */
  async function writer(room, name) {
    const peer = await Peer.open(browser(), server.url, room);
    await peer.page.evaluate((own) => {
      const { store } = /** @type {any} */ (globalThis);
      const field = document.createElement("textarea");
      document.body.replaceChildren(field);
      store.text("/large").bind(field);
      const show = () => {
        const caret = store.presence.anchor("/large", field.selectionStart);
        store.presence.update({ name: own, caret });
      };
      for (const event of ["keyup", "click"]) field.addEventListener(event, show);
      show();
    }, name);
    await peer.page.locator("textarea").click();
    return peer;
  }

  /** Waits until a page sees just these, as `Ada at 5`. @param {Peer} peer @param {string[]} wanted */
  async function sees(peer, wanted) {
    await until(`the page sees ${wanted}`, async () => {
      const seen = await peer.page.evaluate(() =>
        /** @type {any} */ (globalThis).store.presence.others.map(
          (/** @type {any} */ { presence }) => `${presence.name} at ${presence.caret?.pos}`,
        ),
      );
      assert.deepEqual(seen, wanted);
      return true;
    });
  }

  test("B53, B56, B57: a caret moves with the other's typing, and ends with its page", async () => {
    const room = newRoom();
    const ada = await writer(room, "Ada");
    const grace = await writer(room, "Grace");
    await ada.page.keyboard.type("hello world");
    await sees(grace, ["Ada at 11"]);
    // What is inserted just where somebody is stands before them.
    await sees(ada, ["Grace at 11"]);
    // Grace writes at the beginning, and Ada is further on without having said so.
    await grace.page.keyboard.press("Home");
    await grace.page.keyboard.type("oh, ");
    await sees(grace, ["Ada at 15"]);
    await sees(ada, ["Grace at 4"]);
    await ada.page.keyboard.press("Backspace");
    await sees(grace, ["Ada at 14"]);
    assert.equal((await grace.state()).large, "oh, hello worl");
    assert.deepEqual(await grace.close(), []);
    await sees(ada, []);
    assert.deepEqual(await ada.close(), []);
  });

  test("B53, B56, B57: the demo says who is here, and what they are editing", async () => {
    const room = newRoom();
    const ada = await Window.open(browser(), server.url, room);
    const grace = await Window.open(browser(), server.url, room);
    await agree([ada, grace]);
    const people = () => grace.page.locator("#people > li").allTextContents();
    await until("both are here", async () => (await people()).length === 2);
    const [own, other] = await people();
    assert.match(own, /^You are \w+ \w+$/);
    assert.match(other, /^\w+ \w+$/);
    const [, second] = await grace.texts();
    await ada.part(1, "text").click();
    await until("it says what is being edited", async () => {
      assert.deepEqual(await people(), [own, `${other}, editing “${second.slice(0, 30)}”`]);
      assert.equal(await grace.part(1, "editors").textContent(), other);
      return true;
    });
    await grace.remove(0);
    await until("the mark has moved with the item", async () => {
      return (await grace.part(0, "editors").textContent()) === other;
    });
    await ada.page.keyboard.press("Escape");
    await until("nothing is being edited", async () => {
      return (await people())[1] === other && !(await grace.part(0, "editors").textContent());
    });
    await ada.page.close();
    await until("Ada has left", async () => (await people()).length === 1);
    assert.deepEqual([...ada.errors, ...grace.errors], []);
    await ada.context.close();
    await grace.context.close();
  });
});
