// @ts-check
// The server dies without a word and comes back on the same port, with or without its rooms.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

inEveryBrowser("a restart", (browser) => {
  test("S17: the room is there again, and what was done meanwhile comes in once", async () => {
    const first = await ServerProcess.start();
    const room = newRoom();
    const ada = await Window.open(browser(), first.url, room);
    const grace = await Window.open(browser(), first.url, room);
    await ada.add("acknowledged before the crash");
    const before = (await agree([ada, grace])).map((item) => item.text);

    await first.kill();
    for (const window of [ada, grace]) {
      await until("the page notices", async () => (await window.status()).state !== "connected");
    }
    await ada.add("Ada, while it was away");
    await grace.add("Grace, while it was away");
    await ada.waitsWith(1);
    await grace.waitsWith(1);

    const second = await ServerProcess.start({ port: first.port, data: first.data });
    const all = before.concat("Ada, while it was away", "Grace, while it was away").sort();
    await until("both have all", async () => {
      const texts = await Promise.all([ada, grace].map((window) => window.texts()));
      return texts.every((list) => list.length === all.length);
    });
    const texts = (await agree([ada, grace])).map((item) => item.text);
    assert.deepEqual(texts.sort(), all);
    for (const window of [ada, grace]) {
      assert.deepEqual(await window.notices(), [], "nothing happened that one must know of");
    }
    await ada.close({ lostConnections: true });
    await grace.close({ lostConnections: true });
    await second.kill();
  });

  test("S13, R14: the page says what happened to the room, and both windows go on together", async () => {
    const first = await ServerProcess.start({ engine: "memory" });
    const room = newRoom();
    const ada = await Window.open(browser(), first.url, room);
    const grace = await Window.open(browser(), first.url, room);
    await ada.add("acknowledged before the crash");
    const before = (await agree([ada, grace])).map((item) => item.text);

    await first.kill();
    for (const window of [ada, grace]) {
      await until("the page notices", async () => (await window.status()).state !== "connected");
    }
    await ada.add("Ada, while it was away");
    await grace.add("Grace, while it was away");
    await ada.waitsWith(1);
    await grace.waitsWith(1);

    const second = await ServerProcess.start({ port: first.port, engine: "memory" });
    for (const window of [ada, grace]) {
      await until("the page says what happened", async () => {
        return (await window.notices()).some((text) => /no longer had this one/.test(text));
      });
    }
    await agree([ada, grace]);

    // The room is gone, what the windows had is not.
    await ada.page.getByRole("button", { name: "Put it back" }).click();
    const texts = (await agree([ada, grace])).map((item) => item.text);
    assert.deepEqual(texts.slice(0, 5), before.concat("Ada, while it was away"));
    assert.equal(texts.filter((text) => text === "Ada, while it was away").length, 1);

    await grace.add("after the restart");
    await until("Ada has it", async () => (await ada.texts()).includes("after the restart"));
    await ada.check("after the restart");
    await agree([ada, grace]);
    await ada.close({ lostConnections: true });
    await grace.close({ lostConnections: true });
    await second.kill();
  });
});
