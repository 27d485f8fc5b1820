// @ts-check
// What `npm pack` makes of the package: exactly the files that it needs, and nothing that the
// checkers of packages complain of.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { formatMessage } from "publint/utils";
import { publint } from "publint";
import { pkg, root } from "./support/package.mjs";

const run = promisify(execFile);

let folder = "";
let tarball = "";
/** Where it was unpacked. */
let unpacked = "";

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "draftsync-packed-"));
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const flags = ["--pack-destination", folder, "--json", "--ignore-scripts"];
  await run(npm, ["pack", pkg, ...flags]);
  const [name] = readdirSync(folder);
  tarball = join(folder, name);
  await run("tar", ["-xzf", tarball, "-C", folder]);
  unpacked = join(folder, "package");
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string} file */
const read = (file) => readFileSync(join(unpacked, file), "utf8");

/** The targets in a part of `exports`. @param {unknown} part @returns {string[]} */
function targets(part) {
  return typeof part === "string" ? [part] : Object.values(part ?? {}).flatMap(targets);
}

/** What a file imports of its own package, as files. @param {string} file */
function imported(file) {
  if (!/\.(js|ts)$/.test(file)) return [];
  const declares = file.endsWith(".d.ts");
  const found = read(file).matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g);
  return [...found].map(([, path]) => {
    const place = join(dirname(file), path);
    return declares ? place.replace(/\.js$/, ".d.ts") : place;
  });
}

/** Every file that can be reached from the manifest. @param {{ exports: object }} manifest */
function reached(manifest) {
  const known = new Set(targets(manifest.exports).map((target) => join(target)));
  for (const file of known) for (const next of imported(file)) known.add(next);
  return known;
}

test("B35: the tarball has what the package reaches, its papers, and nothing else", () => {
  const manifest = JSON.parse(read("package.json"));
  const files = readdirSync(unpacked, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(unpacked, file)).isFile())
    .map((file) => file.replaceAll("\\", "/"));
  const papers = files.filter((file) => /^docs\/[\w/-]+\.md$/.test(file));
  assert.ok(papers.includes("docs/errors.md"));
  const beside = ["package.json", "README.md", "LICENSE-MIT", "LICENSE-APACHE", ...papers];
  const expected = new Set([...reached(manifest), ...beside]);
  assert.deepEqual(files.sort(), [...expected].sort());
  assert.deepEqual(
    files.filter((file) => file.endsWith(".wasm")),
    ["core.wasm"],
    "the bytes are there once, and once more as text",
  );
});

test("B29, B35: no entry waits while it is imported, needs Node, or imports wasm as a module", async () => {
  const { exports, peerDependencies = {} } = JSON.parse(read("package.json"));
  const peers = Object.keys(peerDependencies).flatMap((peer) => [peer, `${peer}/*`]);
  const scripts = new Set(targets(exports).filter((target) => target.endsWith(".js")));
  assert.ok(scripts.size >= 5, `${scripts.size} entries`);
  for (const script of scripts) {
    // A top-level `await` cannot be written in this format, nor a module of Node for a browser.
    const { metafile } = await build({
      entryPoints: [join(unpacked, script)],
      format: "iife",
      platform: "browser",
      external: peers,
      conditions: ["production"],
      bundle: true,
      write: false,
      metafile: true,
      logLevel: "silent",
    }).catch((error) => assert.fail(`${script}: ${error.message}`));
    const inputs = Object.keys(metafile.inputs);
    assert.ok(!inputs.some((input) => input.endsWith(".wasm")), script);
  }
});

test("publint has nothing to say of it", async () => {
  const { messages, pkg: manifest } = await publint({
    pkgDir: unpacked,
    level: "suggestion",
    strict: true,
  });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest, { color: false })),
    [],
  );
});

test("attw finds types for every entry that can be imported", async () => {
  const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const flags = ["--profile", "esm-only", "--format", "json"];
  const { stdout } = await run(process.execPath, [attw, tarball, ...flags], {
    maxBuffer: 1 << 26,
  }).catch((error) => error);
  const { analysis, problems } = JSON.parse(stdout);
  const entries = Object.keys(JSON.parse(read("package.json")).exports);
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), entries.sort());
  // `require` takes it in Node, whose types have no word for that; node10 knows no `exports`.
  const ignored = ["node10", "node16-cjs"];
  const ours = Object.values(problems)
    .flat()
    .filter(({ resolutionKind }) => !ignored.includes(resolutionKind));
  assert.deepEqual(ours, []);
});
