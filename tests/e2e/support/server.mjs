// @ts-check
// The real server, as a child process.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const binary = process.env.DRAFTSYNC_SERVER ?? `${root}target/debug/draftsync-server`;
const pkg = process.env.DRAFTSYNC_PKG ?? `${root}pkg`;

export class ServerProcess {
  /**
   * @param {import("node:child_process").ChildProcess} child
   * @param {string} data
   */
  constructor(child, data) {
    this.child = child;
    this.data = data;
    this.output = "";
    this.port = 0;
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      this.output += chunk;
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
  }

  /**
   * Starts a server and waits until it says where it listens.
   * @param {{ port?: number, engine?: "redb" | "memory", data?: string, flags?: string[] }} [options]
   *   port 0: any free one; data: the folder of a server that was killed, else a new one
   */
  static async start({ port = 0, engine = "redb", data = newFolder(), flags = [] } = {}) {
    for (const path of [binary, pkg]) {
      if (!existsSync(path)) throw new Error(`${path} is missing: run cargo xtask test e2e`);
    }
    const child = spawn(
      binary,
      ["--listen", `127.0.0.1:${port}`, "--www", `${root}www`, "--pkg", pkg].concat(
        ["--engine", engine],
        ["--data", data],
        flags,
      ),
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const server = new ServerProcess(child, data);
    await until("the server says where it listens", () => {
      server.port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(server.output)?.[1] ?? 0);
      return server.port > 0 || child.exitCode !== null;
    });
    if (server.port === 0) throw new Error(`the server did not start:\n${server.output}`);
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends it without a word to anybody, as a crash does. */
  async kill() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}

/** Folders of this run, which end with it. */
function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), "draftsync-e2e-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
