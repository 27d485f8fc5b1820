// @ts-check
// The server dies without a word and comes back on the same port, with nothing in its memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inBothBrowsers } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

inBothBrowsers("a restart", (browser) => {
  test("S13, C22: the page says what happened to the room, and both windows go on together", async () => {
    const first = await ServerProcess.start();
    const room = newRoom();
    const ada = await Window.open(browser(), first.url, room);
    const grace = await Window.open(browser(), first.url, room);
    await ada.add("acknowledged before the crash");
    await agree([ada, grace]);

    await first.kill();
    for (const window of [ada, grace]) {
      await until("the page notices", async () => (await window.status()).state !== "connected");
    }
    await ada.add("Ada, while it was away");
    await grace.add("Grace, while it was away");
    await ada.waitsWith(1);
    await grace.waitsWith(1);

    const second = await ServerProcess.start({ port: first.port });
    for (const window of [ada, grace]) {
      await until("the page says what happened", async () => {
        return (await window.notices()).some((text) => /restarted|lost|memory/i.test(text));
      });
    }
    const shown = await agree([ada, grace], 40_000);
    const texts = shown.map((item) => item.text);
    for (const text of ["Ada, while it was away", "Grace, while it was away"]) {
      assert.equal(texts.filter((other) => other === text).length, 1, `${text}: once`);
    }

    await grace.add("after the restart");
    await until("Ada has it", async () => (await ada.texts()).includes("after the restart"));
    await ada.check("after the restart");
    await agree([ada, grace]);
    await ada.close({ lostConnections: true });
    await grace.close({ lostConnections: true });
    await second.kill();
  });
});
