// @ts-check
// docs/guide: the blocks of each page, one after another, are a program that does what it says, in
// a browser and with a real server.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { ServerProcess } from "../e2e/support/server.mjs";
import { pkg, root } from "./support/package.mjs";
import { html, outcomeOf, serve, startChromium } from "./support/pages.mjs";
import { blocks, printed } from "./support/paper.mjs";
import { Project } from "./support/project.mjs";

const run = promisify(execFile);
const folder = join(root, "docs/guide");

/** @type {Project} */
let project;
/** @type {ServerProcess} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [project, server, browser] = await Promise.all([
    Project.create(),
    ServerProcess.start(),
    startChromium(),
  ]);
});
after(async () => {
  await browser?.close();
  await server?.kill();
  project?.remove();
});

/** @param {string} text @param {string} [languages] */
function sourceOf(text, languages) {
  return blocks(text, languages)
    .map(({ source }) => source)
    .join("\n");
}

/**
 * Runs a program in a page, and returns what it printed.
 * @param {string} name
 * @param {string} source
 * @returns {Promise<unknown[][]>}
 */
async function print(name, source) {
  const address = `${server.url.replace("http", "ws")}/rooms/${name}-`;
  const code = source.replaceAll("ws://127.0.0.1:7700/rooms/", address);
  assert.notEqual(code, source, `${name} names a room`);
  const { outputFiles } = await build({
    stdin: {
      // Imports may stand in later blocks too.
      contents: `${code}\nglobalThis.outcome = globalThis.said;`,
      resolveDir: project.folder,
      loader: "ts",
    },
    banner: { js: "globalThis.said = []; const say = (...all) => said.push(all);" },
    define: { "console.log": "say" },
    bundle: true,
    format: "esm",
    write: false,
  });
  project.write(`${name}.js`, outputFiles[0].text);
  project.write(`${name}.html`, html(`/${name}.js`).replace("<script", "<body><script"));
  const files = await serve(project.folder);
  try {
    return await outcomeOf(browser, `${files.url}/${name}.html`);
  } finally {
    files.close();
  }
}

/** @param {string} page */
const read = (page) => readFileSync(join(folder, page), "utf8");

for (const page of readdirSync(folder)) {
  const name = page.replace(".md", "");
  const text = read(page);
  const source = sourceOf(text, "js|ts");
  const typed = sourceOf(text, "ts");

  if (source.includes("console.log")) {
    test(`B6, B26: docs/guide/${page} does what it says`, async () => {
      const expected = printed(source);
      const count = source.split("console.log(").length - 1;
      assert.equal(expected.length, count, "each call says on its line what it prints");
      // What is undefined comes as null out of a page.
      const plain = JSON.parse(JSON.stringify(expected));
      assert.deepEqual(JSON.parse(JSON.stringify(await print(name, source))), plain);
    });
  }

  if (typed !== "") {
    test(`docs/guide/${page}: its TypeScript compiles`, async () => {
      const imports = /** @type {string[]} */ (sourceOf(text).match(/^import .*$/gm) ?? []);
      await compile(name, [...imports, 'const url: string = "";', typed].join("\n"));
    });
  }
}

test("what the READMEs begin with is TypeScript too", async () => {
  for (const file of [`${root}README.md`, `${pkg}/README.md`]) {
    const text = readFileSync(file, "utf8");
    const [{ source }] = blocks(text);
    await compile("readme", `${source}\n${sourceOf(text, "ts")}`);
  }
});

/**
 * Checks a module as an app's own, as strictly as new apps do.
 * @param {string} name
 * @param {string} source
 */
async function compile(name, source) {
  project.write(`${name}.ts`, `${source}\nexport {};\n`);
  const tsc = join(root, "node_modules/typescript-7.0/bin/tsc");
  const flags = ["--strict", "--noEmit", "--module", "esnext", "--target", "es2023"];
  const more = ["--moduleResolution", "bundler", "--lib", "es2023,dom"];
  await run(process.execPath, [tsc, ...flags, ...more, `${name}.ts`], {
    cwd: project.folder,
  }).catch(({ stdout }) => assert.fail(stdout));
}

test("every block of code in the package's papers compiles, with what it imports", async () => {
  const papers = readdirSync(pkg, { recursive: true, encoding: "utf8" });
  let count = 0;
  for (const paper of papers.filter((file) => file.endsWith(".md"))) {
    const text = readFileSync(join(pkg, paper), "utf8");
    for (const [, language, contents] of text.matchAll(/^```([jt]sx?)\b.*\n([^]*?)^```$/gm)) {
      const loader = /** @type {"js" | "jsx" | "ts"} */ (language);
      await build({
        stdin: { contents, loader, resolveDir: project.folder, sourcefile: paper },
        bundle: true,
        write: false,
        format: "esm",
        jsx: "automatic",
        platform: "neutral",
        conditions: ["production"],
        // The app has these; and what is beside a block is not in the package.
        external: ["node:*", "./*", "../*", "react", "vue", "svelte", "solid-js", "vitest"],
        logLevel: "silent",
      }).catch((error) => assert.fail(`${paper}: ${error.message}\n${contents}`));
      count += 1;
    }
  }
  assert.ok(count > 40, `${count} blocks`);
});

test("docs/guide: what names a file is that file", () => {
  const apps = join(root, "tests/bindings/apps");
  /** @type {Set<string>} */
  const shown = new Set();
  for (const page of readdirSync(folder)) {
    for (const [, file, source] of read(page).matchAll(/^```\w+ file=(.*)\n([^]*?)^```$/gm)) {
      assert.equal(source, readFileSync(join(apps, file), "utf8"), file);
      shown.add(file.split("/")[0]);
    }
  }
  assert.deepEqual([...shown].sort(), ["react", "solid", "store.js", "svelte", "vue"]);
});

test("docs/guide/deploying.md: each line that starts the server starts it", async () => {
  const secret = project.path("secret");
  project.write("secret", "0123456789".repeat(4));
  const lines = [...read("deploying.md").matchAll(/(?:^|[=/])draftsync-server (--.*)$/gm)];
  assert.ok(lines.length >= 5, `${lines.length} lines`);
  for (const [at, [, line]] of lines.entries()) {
    const flags = line
      .replace(/--listen \S+/, "")
      .replace(/--data \S+/, "")
      .replace(/--metrics \S+/, "--metrics 127.0.0.1:0")
      .replace(/--auth-secret-file \S+/, `--auth-secret-file ${secret}`);
    const data = project.path(`data-${at}`);
    const engine = flags.includes("--engine memory") ? "memory" : "redb";
    const rest = flags.replace(/--engine \S+/, "").split(" ");
    const started = await ServerProcess.start({ data, engine, flags: rest.filter(Boolean) });
    try {
      for (const path of ["/healthz", "/readyz"]) {
        assert.equal((await fetch(started.url + path)).status, 200, `${path} with ${line}`);
      }
    } finally {
      await started.kill();
    }
  }
});
