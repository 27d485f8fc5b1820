// @ts-check
// docs/testing.md: every block is a file of tests that passes as it stands.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { root } from "./support/package.mjs";
import { blocks } from "./support/paper.mjs";
import { Project } from "./support/project.mjs";

const page = readFileSync(`${root}docs/testing.md`, "utf8");

/** @type {Project} */
let project;

before(async () => {
  project = await Project.create();
});
after(() => project?.remove());

for (const [at, { heading, source }] of blocks(page).entries()) {
  test(`docs/testing.md, ${heading}: the block runs`, async () => {
    const file = `guide-${at}.test.mjs`;
    project.write(file, source);
    // With that name set, a run of tests speaks to the one that has started it, and not to people.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const flags = ["--test", "--test-reporter=tap"];
    const options = { cwd: project.folder, env };
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, file], options);
    const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
    assert.ok(passed > 0, stdout);
    assert.match(stdout, /^# fail 0$/m);
  });
}

test("docs/testing.md names everything that a test server has", () => {
  const types = readFileSync(`${root}pkg-template/testing.d.ts`, "utf8");
  const server = /interface TestServer [^{]*\{\n([^]*?)\n\}/.exec(types)?.[1] ?? "";
  const options = /interface NetworkOptions \{\n([^]*?)\n\}/.exec(types)?.[1] ?? "";
  const members = [...`${server}\n${options}`.matchAll(/^ {2}(?:readonly )?(\w+)[?(:]/gm)];
  const names = members.map(([, name]) => name);
  assert.ok(names.length > 10, String(names));
  for (const name of names) {
    assert.match(page, new RegExp(`\\b${name}\\b`), `${name} is not in the guide`);
  }
});
