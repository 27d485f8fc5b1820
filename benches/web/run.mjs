// @ts-check
// Measures the built package in headless Chromium beside what one would use instead.
//
// `cargo xtask bench` starts it, with the package and the browser in the environment.

import { cpus, loadavg } from "node:os";
import { chromium } from "playwright-core";
import { CASES, CONTENDERS, MERGERS, REBASE } from "./names.mjs";
import { parse } from "./options.mjs";
import { profile } from "./profile.mjs";
import { servePage } from "./serve.mjs";
import { byteTable, thousands, timeTable } from "./tables.mjs";

/**
 * @import { Browser } from "playwright-core"
 * @import { Plan, Sample } from "./rounds.mjs"
 * @import { Results } from "./tables.mjs"
 */

const { DRAFTSYNC_PKG, DRAFTSYNC_CHROMIUM } = process.env;
if (!DRAFTSYNC_PKG || !DRAFTSYNC_CHROMIUM) {
  console.error("DRAFTSYNC_PKG and DRAFTSYNC_CHROMIUM are not set; run `cargo xtask bench`");
  process.exit(2);
}

const options = parse(process.argv.slice(2));
const browser = await chromium.launch({
  executablePath: DRAFTSYNC_CHROMIUM,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    // For taking garbage away between what is timed.
    "--js-flags=--expose-gc",
  ],
});
const page = await servePage(DRAFTSYNC_PKG);
try {
  await main(browser, page.url);
} finally {
  await browser.close();
  page.close();
}

/** @param {Browser} browser @param {string} url */
async function main(browser, url) {
  const { rounds, quick, sizes, only, filter } = options;
  const plan = { rounds, budgetMs: quick ? 2000 : 15_000, warmMs: quick ? 100 : 400 };
  const all = options.rebase ? MERGERS : CONTENDERS;
  const rows = all.filter(({ id }) => only.length === 0 || only.includes(id));
  const cases = (options.rebase ? [REBASE] : CASES).filter(({ name }) => name.includes(filter));
  if (rows.length === 0 || cases.length === 0) throw new Error("nothing is left to measure");
  const ids = rows.map(({ id }) => id);
  const load = loadavg()[0].toFixed(2);
  /** @type {Results} */
  const results = new Map();
  for (const { name } of cases) {
    for (const n of sizes) {
      const began = performance.now();
      results.set(`${name} ${n}`, await measured(browser, url, name, n, ids, plan));
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.error(`${name}, ${thousands(n)} items: ${seconds} s`);
    }
  }
  console.log(`\n${machine(browser)}; load average before the run ${load}.\n`);
  for (const { name, measures } of cases) {
    for (const [measure, title] of Object.entries(measures)) {
      console.log(`### ${title}\n\n${timeTable(results, rows, name, measure, sizes)}\n`);
    }
  }
  const acks = timeTable(results, rows, "toggle", "ack", sizes);
  if (results.has(`toggle ${sizes[0]}`)) {
    console.log(`### What the acknowledgement of a toggle costs on top\n\n${acks}\n`);
  }
  const sent = cases.map(({ name }) => name).filter((name) => name !== "load" && name !== "rebase");
  if (sent.length > 0) {
    console.log(`### Bytes sent for one edit\n\n${byteTable(results, rows, sent, sizes)}`);
  }
}

/**
 * One case at one size, in a page of its own.
 * @param {Browser} browser
 * @param {string} url
 * @param {string} name
 * @param {number} n
 * @param {string[]} ids
 * @param {Plan} plan
 */
async function measured(browser, url, name, n, ids, plan) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => {
      console.error(error);
      process.exitCode = 1;
    });
    await page.goto(url);
    await page.waitForFunction("globalThis.bench");
    const stop = options.profile ? await profile(page) : undefined;
    const run = `bench.run(${[name, n, ids, plan].map((word) => JSON.stringify(word)).join()})`;
    const samples = await page.evaluate(run);
    if (stop) console.log(`\n### ${name}, ${thousands(n)} items\n\n${await stop()}\n`);
    return /** @type {Record<string, Sample[]>} */ (samples);
  } finally {
    await context.close();
  }
}

/** What ran where. @param {Browser} browser */
function machine(browser) {
  const all = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, Chromium ${browser.version()} (headless), ${all.length} × ${all[0].model.trim()}`;
}
