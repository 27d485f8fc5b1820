// @ts-check
// An app of its own, in a temporary folder, that has installed the package.

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { pkg, root } from "./package.mjs";

const run = promisify(execFile);

export class Project {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** Installs the package as npm would from a registry: packed, with the files that it names. */
  static async create() {
    const project = new Project(mkdtempSync(join(tmpdir(), "draftsync-app-")));
    project.write("package.json", JSON.stringify({ private: true, type: "module" }));
    const flags = ["--install-links", "--offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    await run(npm, ["install", ...flags, pkg], { cwd: project.folder });
    // A socket for Node before 22; it is one of our own development packages.
    symlinkSync(join(root, "node_modules/ws"), project.path("node_modules/ws"), "junction");
    cpSync(new URL("exchange.js", import.meta.url), project.path("exchange.js"));
    return project;
  }

  /** @param {string} file */
  path(file) {
    return join(this.folder, file);
  }

  /**
   * @param {string} file
   * @param {string} text
   */
  write(file, text) {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  /**
   * Runs Node and returns what it wrote; fails when that failed or complained.
   * @param {...string} args
   */
  async node(...args) {
    const { stdout, stderr } = await run(process.execPath, args, { cwd: this.folder });
    return { stdout: stdout.trim(), stderr: stderr.trim() };
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
