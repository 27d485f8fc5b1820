// @ts-check
// P18, B18: the public test suite of RFC 6902, through `patch` of the built package.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { offline, thrownBy } from "./support/package.mjs";

/** @typedef {{ comment?: string, doc: any, patch: any[], expected?: any, error?: string, disabled?: boolean }} Case */

const require = createRequire(import.meta.url);
/** @type {[file: string, cases: Case[]][]} */
const files = ["tests", "spec_tests"].map((file) => [
  file,
  require(`json-patch-test-suite/${file}.json`),
]);
const named = files.flatMap(([file, cases]) =>
  cases.map((each, index) => ({
    ...each,
    name: `${file} ${index}: ${each.comment ?? each.error ?? ""}`,
  })),
);

/** What the suite itself has switched off. */
const DISABLED = [
  "tests 10: Toplevel scalar values OK?",
  "tests 52: Whole document",
  "tests 76: duplicate ops",
  "spec_tests 13: A.13 Invalid JSON Patch Document",
];

for (const { name, doc, patch, expected, error, disabled } of named) {
  if (disabled) continue;
  test(`B18: RFC 6902, ${name}`, () => {
    const { store } = offline(doc);
    const before = store.state;
    if (error === undefined) {
      store.patch(patch);
      // The suite has cases without a result: there it only matters that nothing throws.
      if (expected !== undefined) assert.deepEqual(store.state, expected);
    } else {
      const thrown = thrownBy(() => store.patch(patch));
      assert.equal(thrown.code, "invalid-patch", String(thrown.stack));
      assert.equal(store.state, before, "nothing has changed");
    }
    store.dispose();
  });
}

test("B18: the suite has 95 cases, of which 91 count", (context) => {
  const disabled = named.filter((each) => each.disabled).map((each) => each.name);
  for (const name of disabled) context.diagnostic(`the suite itself disables: ${name}`);
  assert.equal(named.length, 95);
  assert.deepEqual(disabled, DISABLED);
});
