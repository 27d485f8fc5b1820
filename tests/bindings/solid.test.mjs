// @ts-check
// Part F: draftsync/solid, with Solid and the real server, in pages of Vite's development server.

import assert from "node:assert/strict";
import { test } from "node:test";
import solid from "vite-plugin-solid";
import { FIREFOX } from "../e2e/support/engines.mjs";
import { follows, hydrates, tried } from "./support/common.mjs";

const all = tried("solid", {
  packages: ["solid-js"],
  app: "App.jsx",
  imports: ["solid-js", "solid-js/web", "solid-js/store", "draftsync", "draftsync/solid"],
  plugins: () => [solid({ ssr: true })],
  engine: FIREFOX,
});
follows(all);
hydrates(all, "jsx");

async function open() {
  const page = await all.open("mirror", all.site().address("nowhere"));
  await page.shows("h1", '"initial"');
  return page;
}

test("F8: a mirror is what the state is after any edits, and the state is not touched", async () => {
  const page = await open();
  for (const seed of [1, 2, 3])
    assert.equal(await page.see(`edits(store, ${seed}, 300, same)`), -1);
  await page.close();
});

test("F8: a change of one part of a mirror draws that part again and no other", async () => {
  const page = await open();
  await page.see(
    "store.update((draft) => void (draft.todos = ['a', 'b', 'c'].map((id) => ({ id, text: id })))).id",
  );
  await page.shows("p", '"a" | "b" | "c"');
  const start = await page.see("({ ...renders })");
  await page.see("store.update((draft) => void (draft.todos[1].text = 'B')).id");
  await page.shows("p", '"a" | "B" | "c"');
  assert.deepEqual(await page.see("renders"), { ...start, b: start.b + 1 });
  await page.see("store.update((draft) => void draft.todos.unshift({ id: 'd', text: 'd' })).id");
  await page.see("store.update((draft) => void draft.todos.reverse()).id");
  await page.shows("p", '"c" | "B" | "a" | "d"');
  const last = { ...start, b: start.b + 1, rows: start.rows + 1, d: 1 };
  assert.deepEqual(await page.see("renders"), last);
  await page.close();
});
