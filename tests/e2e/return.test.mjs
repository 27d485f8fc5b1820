// @ts-check
// A page that is left and comes back as it was, from the browser's cache of pages. Only WebKit keeps
// pages there while it is driven: playwright's browsers load them anew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inBrowsers } from "./support/browsers.mjs";
import { WEBKIT } from "./support/engines.mjs";
import { Proxy } from "./support/proxy.mjs";
import { ServerProcess } from "./support/server.mjs";
import { Peer } from "./support/stores.mjs";
import { until } from "./support/until.mjs";
import { newRoom } from "./support/windows.mjs";

inBrowsers([WEBKIT], "a return", (browser) => {
  test("B40: a page in the cache keeps no socket, and goes on when it comes back", async () => {
    const server = await ServerProcess.start({ engine: "memory" });
    const proxy = await Proxy.start(server.port);
    const room = newRoom();
    const ada = await Peer.open(browser(), proxy.url, room);
    const grace = await Peer.open(browser(), server.url, room);
    await ada.write("before");
    await grace.has(["before"]);

    await ada.page.goto(`${proxy.url}/healthz`);
    await until("the page that was left has no socket", () => proxy.roomLinks === 0);
    await grace.write("meanwhile");
    await ada.page.goBack();
    await ada.has(["before", "meanwhile"]);
    await ada.write("after");
    await grace.has(["before", "meanwhile", "after"]);

    assert.deepEqual(await ada.close(), []);
    assert.deepEqual(await grace.close(), []);
    await proxy.close();
    await server.kill();
  });
});
