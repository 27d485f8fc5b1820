// @ts-check
// What holds for every framework: their apps and cases look alike.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { CHROMIUM } from "../../e2e/support/engines.mjs";
import { until } from "../../e2e/support/until.mjs";
import { Site, Visit } from "./site.mjs";

/** @typedef {import("../../e2e/support/engines.mjs").Browser} Browser */
/** @typedef {{ site: () => Site, browser: () => Browser, open: Open }} Tried */
/** @typedef {(name: string, url: string, prepare?: (visit: Visit) => Promise<unknown>) => Promise<Visit>} Open */

/**
 * Starts a site and a browser for the tests of a file, and declares those that all files have.
 * @param {string} name
 * @param {import("./site.mjs").SiteOptions} options
 * @returns {Tried}
 */
export function tried(name, options) {
  /** @type {Site} */
  let site;
  /** @type {Browser} */
  let browser;
  before(async () => {
    // One by one, so that each is ended when the next cannot start.
    browser = await CHROMIUM.launch();
    site = await Site.start(name, options);
  });
  afterEach(() => site?.clear());
  after(async () => {
    await browser?.close();
    await site?.stop();
  });
  /** @type {Tried} */
  const all = {
    site: () => site,
    browser: () => browser,
    open(wanted, url, prepare) {
      const query = `case=${wanted}&room=${encodeURIComponent(url)}`;
      return Visit.open(browser, `${site.url}/cases/cases.html?${query}`, prepare);
    },
  };

  test("F1: the app in two windows, in development", () =>
    useApp(all, `${site.url}/apps/${name}/index.html`));
  // In another engine than everything else, and not in each: what differs there is not the framework's.
  test(`F1: the app in two windows, as it is published, in ${options.engine.name}`, async () => {
    const [published, other] = await Promise.all([site.published(), options.engine.launch()]);
    try {
      await useApp({ ...all, browser: () => other }, `${published.url}/index.html`);
    } finally {
      published.close();
      await other.close();
    }
  });
  test("F1: what is selected is rendered when it has changed, and not otherwise", () =>
    selects(all));
  test("F6: an app that is edited while it runs keeps its store", () => edits(all, options.app));
  return all;
}

/**
 * What is promised of bindings with selectors that may read what else the framework follows, and
 * of those that end with a component.
 * @param {Tried} all
 */
export function follows({ site, open }) {
  test("F1: a selector may read what else the framework follows", async () => {
    const { url, other } = await site().room();
    await other.update((draft) => {
      draft.todos = ["milk", "tea"].map((text) => ({ text, done: true }));
    }).confirmed;
    const page = await open("refs", url);
    await page.shows("#text", "milk");
    await page.see("(index.value = 1, 0)");
    await page.shows("#text", "tea");
    await other.update((draft) => void draft.todos.reverse()).confirmed;
    await page.shows("#text", "milk");
    await other.update((draft) => void (draft.title = "another")).confirmed;
    await page.see("store.flush()");
    // None, two, and the same two in another order: not one for each change or reading.
    assert.equal(await page.see("lists.size"), 3, "what is equal is the same object");
    await page.close();
  });

  test("F1: nobody listens when what shows the state has gone", async () => {
    const { url } = await site().room();
    const page = await open("refs", url);
    assert.ok((await page.see("listeners")) > 0);
    await page.see("(app.unmount(), new Promise((resolve) => setTimeout(resolve)))");
    assert.equal(await page.see("listeners"), 0);
    await page.close();
  });
}

/**
 * What a server has rendered of the app.
 * @param {Tried} all
 * @param {string} extension of the modules that render and hydrate
 * @param {string} [state] of the connection on a server
 */
export function hydrates({ site, browser }, extension, state = "loading") {
  test("F5: what a server has rendered is hydrated without a warning, and then shows the room", async () => {
    const room = await site().somebody("groceries", { items: /** @type {any[]} */ ([]) });
    const item = { id: "1", text: "milk", done: true };
    await room.update((draft) => void (draft.items = [item])).confirmed;
    site().renders("/ssr", `/cases/server.${extension}`, `/cases/hydrate.${extension}`);
    const opened = site().wire?.opened;
    const html = await (await fetch(`${site().url}/ssr`)).text();
    assert.match(html, /<ul[^>]*>(<!--.*?-->)*<\/ul>/, "the server has rendered `initial`");
    assert.match(html, new RegExp(`<footer[^>]*>${state}</footer>`));
    assert.equal(site().wire?.opened, opened, "a server opens no socket");
    const page = await Visit.open(browser(), `${site().url}/ssr`);
    await page.shows("li", "milk");
    await page.shows("footer", "connected");
    assert.equal(await page.see("before"), state);
    await page.close();
  });
}

/**
 * Two windows of the app: what is done in one shows in the other.
 * @param {Tried} all
 * @param {string} url
 */
async function useApp({ site, browser }, url) {
  const room = await site().somebody("groceries", { items: /** @type {any[]} */ ([]) });
  await room.update((draft) => void (draft.items = [])).confirmed;
  const [ada, grace] = await Promise.all([0, 1].map(() => Visit.open(browser(), url)));
  assert.ok(ada && grace);
  await ada.shows("footer", "connected");
  await grace.shows("footer", "connected");
  const field = ada.page.locator("[aria-label='What to buy']");
  await field.fill("milk");
  await ada.page.getByRole("button", { name: "Add" }).click();
  await ada.shows("li", "milk");
  await until("the field is empty", async () => (await field.inputValue()) === "");
  await grace.shows("li", "milk");
  await grace.page.locator("li input").click();
  await ada.page.locator("li input:checked").waitFor();
  await ada.close();
  await grace.close();
}

/** @param {Tried} all */
async function selects({ site, open }) {
  const { url, other } = await site().room();
  const page = await open("selectors", url);
  await page.shows("#title", '"from the room"');
  await page.shows("#status", "connected");
  const start = await page.see("({ ...renders })");
  await other.update((draft) => void (draft.votes = 1)).confirmed;
  await page.shows("#whole", "1");
  assert.deepEqual(await page.see("renders"), { ...start, whole: start.whole + 1 });
  await other.update((draft) => void draft.todos.push({ text: "milk", done: false })).confirmed;
  await page.shows("#count", "1");
  await page.shows("#open", '[{"text":"milk","done":false}]');
  const pushed = await page.see("({ ...renders })");
  const whole = start.whole + 2;
  assert.deepEqual(pushed, { ...start, count: start.count + 1, open: start.open + 1, whole });
  // What is selected is another array with the same items.
  await page.see("store.update((draft) => void draft.todos.push({ text: 'tea', done: true })).id");
  await page.shows("#count", "2");
  await page.shows("#undo", "true");
  const last = { ...pushed, count: pushed.count + 1, whole: pushed.whole + 1 };
  assert.deepEqual(await page.see("renders"), last);
  await page.close();
}

/**
 * @param {Tried} all
 * @param {string} file
 */
async function edits({ site, browser }, file) {
  const room = await site().somebody("groceries", { items: /** @type {any[]} */ ([]) });
  const page = await Visit.open(browser(), `${site().url}/apps/${site().name}/index.html`);
  await page.shows("footer", "connected");
  await page.see("(globalThis.marker = true)");
  const opened = site().wire?.opened;
  site().edit(`apps/${site().name}/${file}`, "Groceries", "Shopping");
  await page.shows("h1", "Shopping");
  const item = { id: "2", text: "still here", done: false };
  await room.update((draft) => void (draft.items = [item])).confirmed;
  await page.shows("li", "still here");
  assert.equal(await page.see("marker"), true, "the page was not loaded again");
  assert.equal(site().wire?.opened, opened, "no other socket");
  await page.close();
}
