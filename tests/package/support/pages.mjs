// @ts-check
// Pages from a server of files that can send headers of its own.

import { readFile } from "node:fs/promises";
import { once } from "node:events";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";
import { LOST_CONNECTION } from "../../e2e/support/complaints.mjs";
import { until } from "../../e2e/support/until.mjs";

const TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
});

/** @returns {Promise<import("playwright-core").Browser>} */
export function startChromium() {
  return chromium.launch({
    executablePath: process.env.DRAFTSYNC_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
    ],
  });
}

/**
 * Serves a folder on a free port.
 * @param {string} folder
 * @param {Record<string, string>} [headers]
 */
export async function serve(folder, headers = {}) {
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = join(folder, normalize(pathname === "/" ? "/index.html" : pathname));
    try {
      const body = await readFile(file);
      const type = TYPES[extname(file)] ?? "text/plain";
      response.writeHead(200, { "content-type": type, ...headers }).end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/html" }).end("<h1>Not found</h1>");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * A page that runs one module.
 * @param {string} src
 */
export function html(src) {
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>app</title>
<script type="module" src="${src}"></script>`;
}

/** A module that does `exchange` and puts what came of it where `outcomeOf` looks. */
export const APP = `import { SyncedStore } from "draftsync";
import { exchange } from "./exchange.js";
const room = new URLSearchParams(location.search).get("room");
exchange(SyncedStore, room).then(
  (seen) => (globalThis.outcome = seen),
  (error) => (globalThis.outcome = "failed: " + error.stack),
);
`;

/**
 * Opens a page and waits for its \`globalThis.outcome\`; whatever goes wrong in the page fails.
 * @param {import("../../e2e/support/engines.mjs").Browser} browser
 * @param {string} url
 * @returns {Promise<any>}
 */
export async function outcomeOf(browser, url) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    /** @type {string[]} */
    const errors = [];
    page.on("pageerror", (error) => {
      if (!LOST_CONNECTION.test(error.message)) errors.push(String(error.stack ?? error));
    });
    await page.goto(url);
    return await until("the page has an outcome", async () => {
      if (errors.length > 0) return `failed: ${errors.join("\n")}`;
      return page.evaluate("globalThis.outcome");
    });
  } finally {
    await context.close();
  }
}
