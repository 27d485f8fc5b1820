// @ts-check
// The folder of the matrix, whose packages `cargo xtask test matrix` has installed, and apps in it.

import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { pkg, root } from "../../package/support/package.mjs";
import { Project } from "../../package/support/project.mjs";

const run = promisify(execFile);

/** Where its packages are. */
export const matrix = join(root, "target/xtask/matrix");

/** Puts the package into the matrix, packed and unpacked, as npm would. */
async function install() {
  if (!existsSync(join(matrix, "node_modules"))) {
    throw new Error(`${matrix} has no packages: run cargo xtask test matrix`);
  }
  const packed = join(matrix, "packed");
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(packed);
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  await run(npm, ["pack", pkg, "--pack-destination", packed, "--ignore-scripts"]);
  await run("tar", ["-xzf", join(packed, readdirSync(packed)[0]), "-C", packed]);
  const place = join(matrix, "node_modules/draftsync");
  rmSync(place, { recursive: true, force: true });
  cpSync(join(packed, "package"), place, { recursive: true });
}

/** A new app that finds the matrix's packages; `remove` it. @param {string} name */
export async function createApp(name) {
  await install();
  const apps = join(matrix, "apps");
  mkdirSync(apps, { recursive: true });
  const project = new Project(mkdtempSync(join(apps, `${name}-`)));
  project.write("package.json", JSON.stringify({ private: true, type: "module" }));
  const exchange = new URL("../../package/support/exchange.js", import.meta.url);
  cpSync(exchange, project.path("exchange.js"));
  return project;
}

/**
 * Runs a program of the matrix in an app, and returns what it said; fails when that failed.
 * @param {Project} app
 * @param {string} script in the matrix's `node_modules`
 * @param {readonly string[]} args
 */
export async function tool(app, script, args) {
  const program = join(matrix, "node_modules", script);
  const { stdout, stderr } = await run(process.execPath, [program, ...args], {
    cwd: app.folder,
    env: environment(),
    maxBuffer: 1 << 24,
  });
  return stdout + stderr;
}

/**
 * Starts a program of the matrix that stays.
 * @param {Project} app
 * @param {string} script in the matrix's `node_modules`
 * @param {readonly string[]} args
 */
export function start(app, script, args) {
  const program = join(matrix, "node_modules", script);
  const child = spawn(process.execPath, [program, ...args], {
    cwd: app.folder,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said.text += chunk;
    });
  }
  return { child, said };
}

/** Tools of the network stay away from it, and what a test runner sets is not theirs. */
function environment() {
  const { NODE_ENV, NODE_OPTIONS, NODE_TEST_CONTEXT, ...rest } = process.env;
  return { ...rest, NEXT_TELEMETRY_DISABLED: "1", CI: "1", NO_COLOR: "1" };
}
