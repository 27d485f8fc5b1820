// @ts-check
// Part F: draftsync/svelte, with Svelte and the real server, in pages of Vite's development server.

import { test } from "node:test";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { WEBKIT } from "../e2e/support/engines.mjs";
import { follows, hydrates, tried } from "./support/common.mjs";

const all = tried("svelte", {
  packages: ["svelte"],
  app: "App.svelte",
  imports: ["draftsync", "draftsync/svelte"],
  plugins: () => [svelte({ configFile: false })],
  engine: WEBKIT,
});
follows(all);
// Svelte's hydration makes good what differs, without a word.
hydrates(all, "js", "offline");

test("F1: what is read between a change and its listeners shows all the same", async () => {
  const page = await all.open("effect", all.site().address("nowhere"));
  await page.see("store.update((draft) => void draft.todos.push({ text: 'a', done: false })).id");
  await page.shows("#shown", "false");
  await page.see(
    "store.transact(() => (store.update((draft) => void (draft.todos[0].done = true)), done.current))",
  );
  await page.shows("#shown", "true");
  await page.close();
});

test("F1: a selector that throws throws where it is read, and is asked again after a change", async () => {
  const page = await all.open("effect", all.site().address("nowhere"));
  for (let round = 0; round < 2; round += 1) {
    await page.shows("#shown", "thrown");
    await page.see("store.update((draft) => void draft.todos.push({ text: 'a', done: false })).id");
    await page.shows("#shown", "false");
    await page.see("store.update((draft) => void (draft.todos = [])).id");
  }
  await page.shows("#shown", "thrown");
  await page.close();
});
