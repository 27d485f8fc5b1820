// @ts-check
// Part F: draftsync/react, with React and the real server, in pages of Vite's development server.

import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { test } from "node:test";
import react from "@vitejs/plugin-react";
import { WEBKIT } from "../e2e/support/engines.mjs";
import { until } from "../e2e/support/until.mjs";
import { tried } from "./support/common.mjs";
import { Visit } from "./support/site.mjs";

const { site, browser, open } = tried("react", {
  packages: ["react", "react-dom"],
  app: "App.jsx",
  imports: [
    "react",
    "react-dom/client",
    "react/jsx-dev-runtime",
    "draftsync",
    "draftsync/react",
    "second",
  ],
  plugins: () => [react()],
  engine: WEBKIT,
  prepare: addSecondCopy,
});

/**
 * A package that brings an older draftsync of its own, as npm installs it when versions differ.
 * @param {import("../package/support/project.mjs").Project} project
 */
function addSecondCopy(project) {
  const copy = "node_modules/second/node_modules/draftsync";
  cpSync(project.path("node_modules/draftsync"), project.path(copy), { recursive: true });
  const store = readFileSync(project.path(`${copy}/store.js`), "utf8");
  project.write(`${copy}/store.js`, store.replace(/version = ".*?"/, 'version = "0.0.1"'));
  const manifest = { name: "second", version: "1.0.0", type: "module", exports: "./index.js" };
  project.write("node_modules/second/package.json", JSON.stringify(manifest));
  project.write("node_modules/second/index.js", 'export * from "draftsync/react";');
}

test("F1: another selector, and another store, show at once", async () => {
  const { url } = await site().room();
  const page = await open("props", url);
  await page.shows("#text", "a0");
  await page.see("show(0, 1)");
  await page.shows("#text", "b0");
  await page.see("show(1, 1)");
  await page.shows("#text", "b1");
  assert.equal(await page.see("lists.size"), 1, "what is equal is the same object");
  await page.close();
});

test("F2: concurrent rendering shows one version in each commit", async () => {
  const { url, other } = await site().room();
  const page = await open("concurrent", url);
  await page.shows("#shown", "false");
  await until("the store is connected", () => page.see("store.status.value.state === 'connected'"));
  let votes = 0;
  // Again until a rendering has gone on while the store changed, which is the danger.
  await until("a rendering saw two versions", async () => {
    await page.see("show(true)");
    while ((await page.see("document.querySelector('#shown').textContent")) === "false") {
      votes += 1;
      await other.update((draft) => void (draft.votes = votes)).confirmed;
    }
    await page.shows(".slow", Array(30).fill(votes).join(" | "));
    await page.see("show(false)");
    await page.shows("#shown", "false");
    return page.see("passes.some((versions) => versions > 1)");
  });
  const torn = await page.see("commits.filter((shown) => shown.length > 1)");
  assert.deepEqual(torn, []);
  await page.close();
});

test("F3: components that ask for one url share a store, also in StrictMode, and over a remount", async () => {
  const { url, wire, other } = await site().room();
  const page = await open("strict", url, ({ clock }) => clock.install());
  await page.shows("#a", "from the room");
  await page.shows("#b", "from the room");
  // Longer than a store outlives its last user.
  await page.clock.fastForward(1_500);
  await other.update((draft) => void (draft.title = "still here")).confirmed;
  await page.shows("#a", "still here");
  await page.see("mount(false)");
  await page.clock.fastForward(500);
  await page.see("mount(true)");
  await page.clock.fastForward(1_500);
  await other.update((draft) => void (draft.title = "back")).confirmed;
  await page.shows("#b", "back");
  assert.equal(wire.opened, 1, "one socket in all");
  await page.close();
});

test("F3: the store ends a second after its last user has gone, and the next user has another", async () => {
  const { url, wire } = await site().room();
  const page = await open("strict", url, ({ clock }) => clock.install());
  await page.shows("#a", "from the room");
  await page.see("mount(false)");
  await page.clock.fastForward(1_500);
  await until("the socket is closed", () => wire.roomLinks === 0);
  assert.equal(await page.see("store.status.value.state"), "closed");
  await page.see("mount(true)");
  await page.shows("#a", "from the room");
  assert.equal(wire.opened, 2);
  // A store that the app has ended is not given to anybody.
  await page.see("store.dispose()");
  await page.see("mount(true)");
  await until("another socket is open", () => wire.opened === 3 && wire.roomLinks === 1);
  await page.close();
});

test("F3: a tree that was hidden for long has a living store when it is shown again", async () => {
  const { url, wire, other } = await site().room();
  const page = await open("activity", url, ({ clock }) => clock.install());
  await page.shows("#a", "from the room");
  await page.see("mount(false)");
  await until("its effects have ended", async () => {
    await page.clock.fastForward(1_500);
    return wire.roomLinks === 0;
  });
  await page.see("mount(true)");
  await other.update((draft) => void (draft.title = "meanwhile")).confirmed;
  await page.shows("#a", "meanwhile");
  assert.equal(wire.opened, 2);
  await page.close();
});

test("F3: a second copy of the package shares the stores, and is warned of once", async () => {
  const { url, wire } = await site().room();
  const page = await open("copies", url);
  await page.shows("#a", "from the room");
  await page.shows("#b", "from the room");
  assert.equal(wire.opened, 1);
  assert.equal(page.warnings.length, 1);
  assert.match(
    page.warnings[0],
    /^draftsync is loaded twice, as \d[\d.]+ and 0\.0\.1: let one copy be/,
  );
  page.warnings = [];
  await page.close();
});

test("F4: use(store.ready) suspends until the room is here, however long that takes", async () => {
  const { url, wire } = await site().room();
  wire.hold();
  const page = await open("suspense", url, ({ clock }) => clock.install());
  await page.shows("#waiting", "waiting");
  await until("it asks for the room", () => wire.waiting.length === 1);
  await page.clock.fastForward(3_000);
  await page.shows("#waiting", "waiting");
  wire.release();
  await page.shows("#title", "from the room");
  await page.clock.fastForward(1_500);
  await page.shows("#title", "from the room");
  assert.deepEqual([...new Set(await page.see("titles"))], ["from the room"]);
  assert.equal(wire.opened, 1);
  await page.close();
});

test("F5: what a server has rendered is hydrated without a warning, and then shows the room", async () => {
  const { url, wire, other } = await site().room();
  const room = await site().somebody("groceries", { items: /** @type {any[]} */ ([]) });
  await room.update((draft) => void (draft.items = [{ id: "1", text: "milk", done: true }]))
    .confirmed;
  site().renders("/ssr", "/cases/server.jsx", "/cases/hydrate.jsx");
  const address = `${site().url}/ssr?room=${encodeURIComponent(url)}`;
  const html = await (await fetch(address)).text();
  assert.match(html, /<ul><\/ul>/, "the server has rendered `initial`");
  assert.match(html, /<footer>loading<\/footer>/);
  assert.match(html, /<p id="board">initial<!-- --> <!-- -->loading<!-- --> <!-- -->Ada<input/);
  assert.match(html, /<p id="waited">initial<\/p>/, "nothing waits for `ready` on a server");
  assert.equal(wire.opened, 0, "a server opens no socket");
  other.presence.update({ name: "Grace" });
  const page = await Visit.open(browser(), address);
  await page.shows("li", "milk");
  await page.shows("footer", "connected");
  await page.shows("#board", "from-the-room connected Ada and Grace");
  await page.shows("#waited", "from the room");
  assert.equal(await page.see("before"), "loading");
  await page.close();
});

test("F6: a component that is edited while it runs keeps its store", async () => {
  const { url, wire, other } = await site().room();
  const page = await Visit.open(
    browser(),
    `${site().url}/cases/hot.html?room=${encodeURIComponent(url)}`,
  );
  await page.shows("#hot", "first: from the room");
  await page.see("(globalThis.marker = true)");
  site().edit("cases/Hot.jsx", "first:", "second:");
  await page.shows("#hot", "second: from the room");
  await other.update((draft) => void (draft.title = "after")).confirmed;
  await page.shows("#hot", "second: after");
  assert.equal(await page.see("marker"), true, "the page was not loaded again");
  assert.equal(wire.opened, 1);
  await page.close();
});

test("F7: a context hands a store down, and says what is missing outside of it", async () => {
  const { url } = await site().room();
  const page = await open("context", url);
  await page.shows("#title", "from the room");
  await page.shows("#status", "connected");
  await page.shows("#same", "true");
  await page.shows("#outside", "no store here: render this inside the Provider of its context");
  await page.close();
});

test("F9: usePresence shows who is here, and what this store shows of itself", async () => {
  const { url, other } = await site().room();
  const page = await open("presence", url);
  await page.shows("#self", '{"name":"Ada","at":0}');
  await page.shows("#others", "");
  other.presence.update({ name: "Grace", at: 1 });
  await page.shows("#others", "Grace at 1");
  await page.shows("#count", "1");
  await page.shows("#known", "true");
  const renders = await page.see("renders.here");
  await other.update((draft) => void (draft.title = "another")).confirmed;
  other.presence.update({ at: 2 });
  await page.shows("#others", "Grace at 2");
  assert.equal(await page.see("renders.here"), renders + 1, "a change of the document is none");
  await page.see("update({ at: 3 })");
  await page.shows("#self", '{"name":"Ada","at":3}');
  await until("the other one sees it", () => {
    const [ada] = other.presence.others;
    return JSON.stringify(ada?.presence) === '{"name":"Ada","at":3}';
  });
  other.presence.update({ name: "Grace", at: 4 });
  await page.shows("#others", "Grace at 4");
  other.dispose();
  await page.shows("#others", "");
  assert.equal(await page.see("updates.size"), 1, "one function");
  await page.close();
});
