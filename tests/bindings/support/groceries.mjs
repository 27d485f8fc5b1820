// @ts-check
// What one does with the app of every framework: they look alike.

import assert from "node:assert/strict";
import { Visit } from "./site.mjs";

/**
 * Two windows of the app: what is done in one shows in the other.
 * @param {import("./site.mjs").Site} site
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 */
export async function useApp(site, browser, url) {
  const room = await site.somebody("groceries", { items: /** @type {any[]} */ ([]) });
  await room.update((draft) => void (draft.items = [])).confirmed;
  const [ada, grace] = await Promise.all([Visit.open(browser, url), Visit.open(browser, url)]);
  await ada.shows("footer", "connected");
  await grace.shows("footer", "connected");
  await ada.page.getByLabel("What to buy").fill("milk");
  await ada.page.getByRole("button", { name: "Add" }).click();
  await ada.shows("li", "milk");
  assert.equal(await ada.page.getByLabel("What to buy").inputValue(), "", "the field is empty");
  await grace.shows("li", "milk");
  await grace.page.getByLabel("milk").check();
  await ada.page.getByRole("checkbox", { name: "milk", checked: true }).waitFor();
  await ada.close();
  await grace.close();
}
