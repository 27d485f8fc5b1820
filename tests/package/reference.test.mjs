// @ts-check
// The reference that typedoc makes of the declarations: everything is explained, and every link
// leads somewhere. `cargo xtask docs` makes it the same way.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { pkg, root } from "./support/package.mjs";

/** @typedef {{ name: string, kind: number, comment?: object, inheritedFrom?: object, children?: Reflection[], signatures?: Reflection[], getSignature?: Reflection }} Reflection */

/** typedoc's numbers of kinds. */
const CLASS = 128;
const INTERFACE = 256;
const PROPERTY = 1024;

let folder = "";
let said = "";

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "draftsync-reference-"));
  const make = join(root, "xtask/reference.mjs");
  const out = ["--out", join(folder, "site"), "--json", join(folder, "site.json")];
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, [make, pkg, ...out], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1" },
  }).catch((error) => error);
  said = stdout + stderr;
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** @returns {Reflection} */
const reference = () => JSON.parse(readFileSync(join(folder, "site.json"), "utf8"));

test("typedoc has nothing to say of the declarations: each export is explained", () => {
  assert.doesNotMatch(said, /warning|error/i);
  assert.ok(existsSync(join(folder, "site/index.html")), said);
});

test("the reference has every entry that has declarations", () => {
  const { exports } = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));
  /** @type {any[]} */
  const entries = Object.values(exports);
  const declared = entries.flatMap(({ types }) => (types ? [types.slice(2, -5)] : []));
  const expected = new Set(declared.filter((name) => name !== "core.wasm"));
  const modules = reference().children?.map(({ name }) => name) ?? [];
  assert.deepEqual(modules.sort(), [...expected].sort());
});

test("each member of a class or an interface is explained", () => {
  /** @type {string[]} */
  const silent = [];
  let members = 0;
  /** @param {Reflection} parent @param {string} path */
  const look = (parent, path) => {
    for (const child of parent.children ?? []) {
      const name = `${path}${child.name}`;
      look(child, `${name}.`);
      if (![CLASS, INTERFACE].includes(parent.kind) || child.kind !== PROPERTY) continue;
      members += 1;
      if (!child.comment && !child.inheritedFrom) silent.push(name);
    }
  };
  look(reference(), "");
  assert.ok(members > 40, `${members} members`);
  assert.deepEqual(silent, []);
});

test("no link of the reference leads nowhere", () => {
  const site = join(folder, "site");
  const pages = readdirSync(site, { recursive: true, encoding: "utf8" });
  let links = 0;
  for (const page of pages.filter((file) => file.endsWith(".html"))) {
    const html = readFileSync(join(site, page), "utf8");
    for (const [, link] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (/^(https?:|data:|#)/.test(link)) continue;
      const { pathname } = new URL(link, `file:///${page}`);
      assert.ok(existsSync(join(site, decodeURIComponent(pathname))), `${link} in ${page}`);
      links += 1;
    }
  }
  assert.ok(links > 100, `${links} links`);
});
