// @ts-check
// docs/errors.md: it has every code and every reason that there is, and errors lead to it.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { importFile, pkg, production, root } from "./support/package.mjs";
import { codes, tables } from "./support/paper.mjs";

const PARTS = ["**What happened.** ", "**Why.** ", "**What to do.** "];
const REASON = ["Reason", "What happened", "What to do"];

/** @param {string} file */
const read = (file) => readFileSync(file, "utf8");
const page = read(`${pkg}/docs/errors.md`);

/** The sections of the page by their headings. @type {Map<string, string>} */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const end = section.indexOf("\n");
      return [section.slice(0, end), section.slice(end)];
    }),
);

/** Every match's groups. @param {string} text @param {RegExp} pattern */
const all = (text, pattern) => [...text.matchAll(pattern)].map(([, ...groups]) => groups);

/** Files of our own with this ending, in a folder. @param {string} folder @param {string} ending */
const sources = (folder, ending) =>
  readdirSync(`${root}${folder}`)
    .filter((file) => file.endsWith(ending))
    .map((file) => read(`${root}${folder}/${file}`))
    .join("\n");

/** The words between two lines of a source. @param {string} text @param {string} begin */
function words(text, begin) {
  const start = text.indexOf(begin);
  assert.ok(start >= 0, `${begin} is there`);
  return all(text.slice(start, text.indexOf("\n}", start)), /=> "([a-z-]+)"/g).flat();
}

/** Every code of the core, which are those of the declarations. */
const errors = read(`${root}src/error.rs`);
const known = words(errors, "impl ErrorCode {");

/**
 * Every reason that an error can give, with its code: those of the core's list, and those that the
 * code names where it makes an error.
 */
function reasons() {
  const inRust = all(sources("src/web", ".rs"), /fault_with\(ErrorCode::(\w+), "([a-z-]+)"/g);
  const inJs = all(sources("pkg-template", ".js"), /fault\("([a-z-]+)", "([a-z-]+)"/g);
  const failed = all(
    sources("src/web", ".js"),
    /(?:fail\(|text\([^)]*, )"([a-z-]+)"|, "(\w+(?:-\w+)*)"\);$/gm,
  );
  const full = all(sources("pkg-template", ".js"), /fault\(.*"storage-full" : "storage", "(.*)"/g);
  return [
    ...words(errors, "impl Reason {").map((word) => ["invalid-patch", word]),
    ...inRust.map(([code, word]) => [kebab(code), word]),
    ...inJs,
    ...failed.map(([word]) => ["invalid-patch", word]).filter(([, word]) => word),
    ...full.flatMap(([word]) => [
      ["storage", word],
      ["storage-full", word],
    ]),
    ["rejected", "guard-failed"],
  ];
}

/** @param {string} name of a variant */
function kebab(name) {
  return name.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

test("B51: docs/errors.md has a section for each code, and says three things in it", () => {
  const union = /type ErrorCode =([^;]*);/.exec(read(`${pkg}/index.d.ts`))?.[1] ?? "";
  assert.deepEqual(all(union, /"(.*)"/g).flat(), known, "declared as the core has them");
  assert.deepEqual([...sections.keys()].slice(0, -2), known, "in the order of the list");
  for (const code of known) {
    const section = sections.get(code) ?? "";
    const starts = PARTS.map((part) => section.indexOf(`\n${part}`));
    assert.ok(!starts.includes(-1), `${code}: ${PARTS.join()}`);
    assert.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
      `${code}: in this order`,
    );
  }
});

test("B51: docs/errors.md has each reason that there is, under its code, and no other", () => {
  const lists = tables(page).filter(({ heading }) => known.includes(heading));
  const found = lists.map(({ heading, head, rows }) => {
    assert.deepEqual(head, REASON);
    return rows.map(([reason, what, advice]) => {
      assert.ok(what.length > 10 && advice.length > 5, reason);
      return `${heading}: ${codes(reason)[0]}`;
    });
  });
  const possible = new Set(reasons().map(([code, word]) => `${code}: ${word}`));
  assert.ok(possible.has("invalid-patch: sparse") && possible.has("storage: corrupt"));
  assert.deepEqual(found.flat().sort(), [...possible].sort());
});

test("B27, B51: each code and reason has a sentence in development, and nothing else has", async () => {
  const { SENTENCES } = await importFile("sentences.js");
  const expected = new Set([...known, ...reasons().map(([, word]) => word)]);
  assert.deepEqual(Object.keys(SENTENCES).sort(), [...expected].sort());
});

test("B51: an error names its section, in a file of the package", () => {
  for (const code of /** @type {import("../../pkg-template/index.js").ErrorCode[]} */ (known)) {
    const { docs } = new production.SyncedStoreError(code);
    const [file, anchor] = docs.split("#");
    assert.equal(file, "draftsync/docs/errors.md");
    assert.equal(read(file.replace("draftsync", pkg)), page);
    assert.ok(sections.has(anchor), docs);
  }
});

test("B51: the README's table has each code, and leads to its section", () => {
  const readme = read(`${pkg}/README.md`);
  const table = tables(readme).find(({ heading }) => heading === "Errors");
  const expected = known.map((code) => `[\`${code}\`](docs/errors.md#${code})`);
  assert.deepEqual(
    table?.rows.map(([code]) => code),
    expected,
  );
});

test("B51: no link of the package's papers leads nowhere", () => {
  const papers = readdirSync(pkg, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".md"),
  );
  assert.ok(papers.includes("README.md") && papers.includes("docs/errors.md"));
  for (const paper of papers) {
    for (const [link] of all(read(`${pkg}/${paper}`), /\]\(([^)]+)\)/g)) {
      if (link.includes("://")) continue;
      const { pathname, hash } = new URL(link, `file:///${paper}`);
      const text = read(`${pkg}${pathname}`);
      const anchors = all(text, /^#+ (.*)$/gm).map(([title]) =>
        title
          .toLowerCase()
          .replace(/[^\w\- ]/g, "")
          .replaceAll(" ", "-"),
      );
      if (hash) assert.ok(anchors.includes(hash.slice(1)), `${link} in ${paper}`);
    }
  }
});
