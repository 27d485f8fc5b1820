// @ts-check
// Connections that die without a word, readers that are too slow, a server that goes in the middle.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { Proxy } from "./support/proxy.mjs";
import { ServerProcess } from "./support/server.mjs";
import { Peer } from "./support/stores.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

const FLAGS = ["--outgoing-bytes-max", "262144", "--bytes-per-second", "1000000000"];

inEveryBrowser("recovery", (browser) => {
  /** @type {ServerProcess} */
  let server;
  /** @type {Proxy} */
  let proxy;
  before(async () => {
    server = await ServerProcess.start({
      engine: "memory",
      flags: FLAGS.concat("--bytes-burst", "1000000000", "--frames-per-second", "100000"),
    });
    proxy = await Proxy.start(server.port);
  });
  after(async () => {
    await proxy.close();
    await server.kill();
  });

  test("C30, C19: a half-open connection is found, on both sides, and loses nothing", async () => {
    const room = newRoom();
    const ada = await Peer.open(browser(), proxy.url, room, { heartbeatMs: 1_000 });
    const grace = await Peer.open(browser(), server.url, room);
    await ada.write("before");
    await grace.has(["before"]);
    proxy.halfOpen();
    const opened = proxy.opened;
    await ada.write("into the void", "and after it");
    await grace.write("meanwhile");
    assert.equal((await ada.status()).state, "connected", "nothing tells it");
    await until("Ada has a new connection", () => proxy.opened > opened, 10_000);
    const notes = ["before", "meanwhile", "into the void", "and after it"];
    await grace.has(notes);
    await ada.has(notes);
    await until("nothing waits", async () => (await ada.status()).pending === 0);
    await until("the server has let the dead one go", () => proxy.deadLinks === 0);
    assert.deepEqual(await ada.close(), []);
    assert.deepEqual(await grace.close(), []);
  });

  test("C6, C24: a reader that is too slow disturbs nobody, and comes back with everything", async () => {
    const room = newRoom();
    const slow = await Peer.open(browser(), proxy.url, room, { maxDelayMs: 500 });
    const [ada, grace] = [
      await Peer.open(browser(), server.url, room),
      await Peer.open(browser(), server.url, room),
    ];
    const opened = proxy.opened;
    proxy.slow(20_000);
    // More than all the buffers between the server and a reader can hold.
    const slowest = await ada.page.evaluate(async () => {
      const { store } = /** @type {any} */ (globalThis);
      let slowest = 0;
      for (let n = 0; n < 240; n += 1) {
        const began = performance.now();
        const change = store.update((/** @type {any} */ draft) => {
          draft.large = String.fromCharCode(97 + (n % 26)).repeat(100_000);
          draft.notes.push(`note ${n}`);
        });
        await change.confirmed;
        slowest = Math.max(slowest, performance.now() - began);
      }
      return slowest;
    });
    const notes = Array.from({ length: 240 }, (_, n) => `note ${n}`);
    await grace.has(notes);
    assert.ok(slowest < 5_000, `an answer took ${slowest} ms`);
    await until("the slow one was let go, and has come again", () => proxy.opened > opened, 60_000);
    proxy.hurry();
    await slow.has(notes);
    assert.deepEqual(await slow.state(), await grace.state());
    for (const peer of [ada, grace]) assert.deepEqual(await peer.close(), []);
    await slow.close();
  });

  test("C6, S17: a server that dies among fast edits loses none and takes none twice", async () => {
    const first = await ServerProcess.start();
    const room = newRoom();
    const ada = await Window.open(browser(), first.url, room);
    const grace = await Window.open(browser(), first.url, room);
    const initial = (await agree([ada, grace])).map(({ text }) => text);
    for (const [window, name] of /** @type {const} */ ([
      [ada, "ada"],
      [grace, "grace"],
    ])) {
      await window.page.evaluate((author) => {
        const page = /** @type {any} */ (globalThis);
        page.written = 0;
        const writing = setInterval(() => {
          const text = `${author} ${page.written}`;
          page.store.update((/** @type {any} */ draft) => {
            draft.todos.push({ id: text, text, done: false });
          });
          page.written += 1;
          if (page.written === 120) clearInterval(writing);
        }, 10);
      }, name);
    }
    /** @param {Window} window */
    const written = (window) => window.page.evaluate(() => /** @type {any} */ (globalThis).written);
    await until("both are in the middle", async () => {
      return (await written(ada)) > 30 && (await written(grace)) > 30;
    });
    await first.kill();
    const second = await ServerProcess.start({ port: first.port, data: first.data });
    await until("both have written all", async () => {
      return (await written(ada)) + (await written(grace)) === 240;
    });
    const texts = (await agree([ada, grace])).map(({ text }) => text);
    assert.equal(texts.length, initial.length + 240);
    for (const name of ["ada", "grace"]) {
      const own = texts.filter((text) => text.startsWith(`${name} `));
      const expected = Array.from({ length: 120 }, (_, n) => `${name} ${n}`);
      assert.deepEqual(own, expected);
    }
    for (const window of [ada, grace]) {
      assert.deepEqual(await window.notices(), []);
      await window.close({ lostConnections: true });
    }
    await second.kill();
  });
});
