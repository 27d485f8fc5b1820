// @ts-check
// What outlives a tab: the last state, and each edit that was not sent, once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { Proxy } from "./support/proxy.mjs";
import { ServerProcess } from "./support/server.mjs";
import { Tab } from "./support/tabs.mjs";
import { until } from "./support/until.mjs";
import { newRoom } from "./support/windows.mjs";

inEveryBrowser("reload", (browser) => {
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

  /** A room as it is reached through the wire that can fail, and past it. */
  function place() {
    const room = newRoom();
    const address = (/** @type {string} */ origin) =>
      `${origin.replace("http", "ws")}/rooms/${room}`;
    return { wire: address(proxy.url), direct: address(server.url) };
  }

  /** The wire is gone, and nobody gets a new one. */
  function cut() {
    proxy.hold();
    proxy.cut();
  }

  /** @param {Tab} tab @param {readonly string[]} list */
  const holds = (tab, list) =>
    tab.until(
      `it is in step and holds ${list}`,
      ({ state, pending, board }) =>
        state === "connected" && pending === 0 && String(board.list) === String(list),
    );

  test("B42: a tab that is reloaded offline shows the last state, and its edits arrive once", async () => {
    const { wire, direct } = place();
    const context = await browser().newContext();
    const tab = await Tab.open(context, server.url, wire);
    await tab.write("one");
    const { clientId } = await holds(tab, ["one"]);
    cut();
    await tab.write("two", "three");
    await tab.until("two edits wait", ({ pending }) => pending === 2);
    await tab.reload(wire);
    const seen = await tab.see();
    assert.deepEqual(seen.board.list, ["one", "two", "three"]);
    assert.deepEqual([seen.clientId, seen.pending], [clientId, 2]);
    await tab.write("four");
    await tab.reload(wire);
    assert.equal((await tab.see()).pending, 3);
    proxy.release();
    await holds(tab, ["one", "two", "three", "four"]);

    const other = await Tab.open(await browser().newContext(), server.url, direct);
    await holds(other, ["one", "two", "three", "four"]);
    assert.deepEqual(await tab.errors(), []);
    await tab.close();
    await other.close();
  });

  test("B42: a tab that dies between a push and its answer has sent its edits once", async () => {
    const { wire, direct } = place();
    const context = await browser().newContext();
    const tab = await Tab.open(context, server.url, wire);
    const other = await Tab.open(await browser().newContext(), server.url, direct);
    await tab.write("one");
    await holds(tab, ["one"]);
    proxy.deafen();
    await tab.write("two");
    await holds(other, ["one", "two"]);
    await tab.write("three");
    assert.equal((await tab.see()).pending, 2);
    await tab.close();
    proxy.hear();
    await other.write("four");

    const next = await Tab.open(context, server.url, wire);
    const seen = await holds(
      next,
      (await other.until("four texts", ({ board }) => board.list.length === 4)).board.list,
    );
    assert.deepEqual([...seen.board.list].sort(), ["four", "one", "three", "two"]);
    assert.deepEqual(await next.errors(), []);
    await next.close();
    await other.close();
  });

  test("B44, B45: two tabs write offline and are closed, and a third sends what both have left", async () => {
    const { wire, direct } = place();
    const context = await browser().newContext();
    const first = await Tab.open(context, server.url, wire);
    await first.write("one");
    await holds(first, ["one"]);
    const second = await Tab.open(context, server.url, wire);
    assert.notEqual((await second.see()).clientId, (await first.see()).clientId);
    await holds(second, ["one"]);
    cut();
    await first.write("first");
    await second.write("second");
    for (const tab of [first, second]) {
      await tab.until("an edit waits", ({ pending }) => pending === 1);
      // The page's answer says that what was written before is in the database.
      await tab.page.evaluate(
        () =>
          new Promise((resolve) => {
            const request = indexedDB.open("draftsync");
            request.onsuccess = () => {
              const states = request.result.transaction(["states", "entries"], "readwrite");
              states.oncomplete = resolve;
            };
          }),
      );
      await tab.close();
    }
    proxy.release();
    const third = await Tab.open(context, server.url, wire);
    const other = await Tab.open(await browser().newContext(), server.url, direct);
    const { board } = await other.until("three texts", (seen) => seen.board.list.length >= 3);
    assert.deepEqual([...board.list].sort(), ["first", "one", "second"]);
    await holds(third, board.list);
    await until("one copy is left", async () => (await copies(third)) === 1);
    assert.deepEqual(await third.errors(), []);
    await third.close();
    await other.close();
  });

  /** How many copies the profile keeps, of all rooms. @param {Tab} tab @returns {Promise<number>} */
  const copies = (tab) =>
    tab.page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open("draftsync");
          request.onerror = () => reject(request.error);
          request.onsuccess = () => {
            const count = request.result.transaction("states").objectStore("states").count();
            count.onsuccess = () => {
              request.result.close();
              resolve(count.result);
            };
          };
        }),
    );

  test("B47: without a database the app is told once, and everything else works", async () => {
    const { wire } = place();
    const context = await browser().newContext();
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("not in this window", "SecurityError");
      };
    });
    const tab = await Tab.open(context, server.url, wire);
    await tab.write("one");
    await holds(tab, ["one"]);
    assert.deepEqual(await tab.errors(), [{ code: "storage", reason: "not-kept" }]);
    await tab.close();
  });

  test("B47: a database that a newer version of the app has taken over is left alone", async () => {
    const { wire } = place();
    const context = await browser().newContext();
    const newer = await context.newPage();
    await newer.goto(`${server.url}/healthz`);
    await newer.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open("draftsync", 2);
          request.onerror = () => reject(request.error);
          request.onsuccess = resolve;
        }),
    );
    const tab = await Tab.open(context, server.url, wire);
    await tab.write("one");
    await holds(tab, ["one"]);
    assert.deepEqual(await tab.errors(), [{ code: "storage", reason: "not-kept" }]);
    await tab.close();
  });

  test("B48: clearLocal leaves nothing of the room", async () => {
    const { wire } = place();
    const context = await browser().newContext();
    const tab = await Tab.open(context, server.url, wire);
    await tab.write("one");
    await holds(tab, ["one"]);
    assert.equal(await copies(tab), 1);
    await tab.page.evaluate(() => /** @type {any} */ (globalThis).store.clearLocal());
    assert.equal(await copies(tab), 0);
    await tab.close();
  });
});
