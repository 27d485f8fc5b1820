// @ts-check
// Next builds and serves an app whose page makes a store: it is rendered on the server, taken over
// by the page, and two of them share a room.

import assert from "node:assert/strict";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { startChromium } from "../package/support/pages.mjs";
import { createApp, start, tool } from "./support/matrix.mjs";

const NEXT = "next/dist/bin/next";

/** @type {import("../package/support/project.mjs").Project} */
let app;
/** @type {ServerProcess} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [app, server, browser] = await Promise.all([
    createApp("next"),
    ServerProcess.start(),
    startChromium(),
  ]);
  cpSync(fileURLToPath(new URL("next", import.meta.url)), app.folder, { recursive: true });
  await tool(app, NEXT, ["build"]);
});
after(async () => {
  await browser?.close();
  await server?.kill();
  app?.remove();
});

test("B35, B29, B30: Next builds the package, renders it on its server, and hydrates it", async (t) => {
  const { child, said } = start(app, NEXT, ["start", "--hostname", "127.0.0.1", "--port", "0"]);
  t.after(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const origin = await until(`Next says where it listens`, () => {
    assert.equal(child.exitCode, null, said.text);
    return /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(said.text)?.[0] ?? "";
  });
  const rendered = await (await fetch(origin)).text();
  assert.match(rendered, /<li>from the server<\/li>/);

  const address = `${server.url.replace("http", "ws")}/rooms/next`;
  const url = `${origin}/?room=${encodeURIComponent(address)}`;
  /** @type {string[]} */
  const complaints = [];
  const pages = await Promise.all(
    [1, 2].map(async () => {
      const page = await (await browser.newContext()).newPage();
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      await page.goto(url);
      return page;
    }),
  );
  await pages[0].getByRole("button", { name: "Add" }).click();
  for (const page of pages) {
    await page.getByText("from the page").waitFor();
    await page.getByText("connected", { exact: true }).waitFor();
    const exchanged = await until("the page has an outcome", () =>
      page.evaluate("globalThis.exchanged"),
    );
    assert.match(String(exchanged), /^milk.* plain$/);
  }
  assert.deepEqual(complaints, []);
});
