// @ts-check
// What a bad network does: bursts, cuts in the middle of a frame, answers that never come.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { Proxy } from "./support/proxy.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

const BURST = 1_000;

/**
 * Adds items as fast as the page can, each in an update of its own.
 * @param {Window} window
 * @param {string} prefix
 * @param {number} from
 * @param {number} to exclusive
 */
function addMany(window, prefix, from, to) {
  return window.page.evaluate(([name, first, end]) => {
    for (let n = first; n < end; n += 1) {
      const text = `${name} ${n}`;
      /** @type {any} */ (globalThis).store.update((/** @type {any} */ draft) => {
        draft.todos.push({ id: text, text, done: false });
      });
    }
  }, /** @type {[string, number, number]} */ ([prefix, from, to]));
}

/**
 * @param {readonly string[]} texts
 * @param {string} prefix
 */
function ofOne(texts, prefix) {
  return texts.filter((text) => text.startsWith(`${prefix} `));
}

/**
 * @param {string} prefix
 * @param {number} count
 */
function numbered(prefix, count) {
  return Array.from({ length: count }, (_, n) => `${prefix} ${n}`);
}

inEveryBrowser("a bad wire", (browser) => {
  /** @type {ServerProcess} */
  let server;
  /** @type {Proxy} */
  let proxy;
  before(async () => {
    server = await ServerProcess.start();
    proxy = await Proxy.start(server.port);
  });
  after(async () => {
    await proxy.close();
    await server.kill();
  });

  /**
   * Ada's messages go through the proxy, Grace's do not.
   * @returns {Promise<[Window, Window]>}
   */
  async function two() {
    const room = newRoom();
    const ada = await Window.open(browser(), proxy.url, room);
    const grace = await Window.open(browser(), server.url, room);
    await agree([ada, grace]);
    return [ada, grace];
  }

  test("R1, B24: a thousand rapid edits arrive in order, each once", async () => {
    const [ada, grace] = await two();
    await grace.page.evaluate(() => {
      const page = /** @type {any} */ (globalThis);
      page.seen = [];
      page.store.on("patch", (/** @type {any} */ event) => {
        if (event.origin !== "remote") return;
        for (const operation of event.patches) page.seen.push(operation.value);
      });
    });
    await ada.page.evaluate((count) => {
      const { store } = /** @type {any} */ (globalThis);
      for (let n = 0; n < count; n += 1) {
        store.update((/** @type {any} */ draft) => {
          draft.todos[0].text = `edit ${n}`;
        });
      }
    }, BURST);
    const shown = await agree([ada, grace]);
    assert.equal(shown[0].text, `edit ${BURST - 1}`);
    const seen = await grace.page.evaluate(() => /** @type {any} */ (globalThis).seen);
    assert.deepEqual(seen, numbered("edit", BURST));
    await ada.close();
    await grace.close();
  });

  test("C6: a thousand items from each side at once keep each side's order", async () => {
    const [ada, grace] = await two();
    await Promise.all([addMany(ada, "ada", 0, BURST), addMany(grace, "grace", 0, BURST)]);
    // WebKit lays the whole list out anew for nearly every message.
    const shown = await agree([ada, grace], 150_000);
    const texts = shown.map((item) => item.text);
    assert.equal(texts.length, 3 + 2 * BURST);
    assert.deepEqual(ofOne(texts, "ada"), numbered("ada", BURST));
    assert.deepEqual(ofOne(texts, "grace"), numbered("grace", BURST));
    await ada.close();
    await grace.close();
  });

  test("C6, C19: a wire that is cut again and again loses and doubles nothing", async () => {
    const [ada, grace] = await two();
    // In the middle of what is sent and of what comes, in short and in long frames.
    const cuts = /** @type {const} */ ([
      ["up", 1],
      ["down", 1],
      ["up", 700],
      ["down", 90],
      ["up", 3],
      ["down", 1_500],
    ]);
    let sent = 0;
    for (const [direction, bytes] of cuts) {
      const happened = proxy.cutAfter(direction, bytes);
      await addMany(ada, "ada", sent, sent + 20);
      await addMany(grace, "grace", sent, sent + 20);
      sent += 20;
      await happened;
      await addMany(ada, "ada", sent, sent + 5);
      await addMany(grace, "grace", sent, sent + 5);
      sent += 5;
      await until("Ada is back", async () => proxy.roomLinks === 1);
    }
    const texts = (await agree([ada, grace])).map((item) => item.text);
    assert.deepEqual(ofOne(texts, "ada"), numbered("ada", sent));
    assert.deepEqual(ofOne(texts, "grace"), numbered("grace", sent));
    await ada.close({ lostConnections: true });
    await grace.close();
  });

  test("R9, C18: an edit whose answer is lost is taken once", async () => {
    const [ada, grace] = await two();
    proxy.deafen();
    await ada.add("asked once");
    await until("Grace has it", async () => (await grace.texts()).includes("asked once"));
    assert.equal((await ada.status()).pending, 1, "Ada has heard nothing of it");
    proxy.cut();
    proxy.hear();
    const shown = await agree([ada, grace]);
    assert.equal(shown.filter((item) => item.text === "asked once").length, 1);
    await ada.close({ lostConnections: true });
    await grace.close();
  });

  test("C3, B25: behind a wire that stands still edits show at once and are counted", async () => {
    const [ada, grace] = await two();
    proxy.stall();
    await ada.add("waiting");
    await ada.add("waiting too");
    assert.deepEqual((await ada.texts()).slice(-2), ["waiting", "waiting too"]);
    assert.deepEqual(await ada.status(), { state: "connected", pending: 2 });
    assert.match((await ada.page.locator("#pill-text").textContent()) ?? "", /Sending · 2/);
    await grace.add("meanwhile");
    await agree([grace]);
    proxy.flow();
    const shown = await agree([ada, grace]);
    assert.equal(shown.length, 6);
    await ada.close();
    await grace.close();
  });

  test("C4: a page without a server says so, and comes back by itself", async () => {
    const [ada, grace] = await two();
    proxy.hold();
    proxy.cut();
    await until("the page says that it is not connected", async () => {
      return ["offline", "connecting"].includes((await ada.status()).state);
    });
    await ada.add("written in the dark");
    await ada.waitsWith(1);
    await grace.add("written in the light");
    proxy.release();
    const shown = await agree([ada, grace]);
    assert.equal(shown.length, 5);
    await ada.close({ lostConnections: true });
    await grace.close();
  });
});
