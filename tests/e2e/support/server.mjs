// @ts-check
// The real server, as a child process.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { until } from "./until.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const binary = process.env.DRAFTSYNC_SERVER ?? `${root}target/debug/draftsync-server`;
const pkg = process.env.DRAFTSYNC_PKG ?? `${root}pkg`;

export class ServerProcess {
  /**
   * @param {import("node:child_process").ChildProcess} child
   */
  constructor(child) {
    this.child = child;
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
   * @param {{ port?: number }} [options] port 0: any free one
   */
  static async start({ port = 0 } = {}) {
    for (const path of [binary, pkg]) {
      if (!existsSync(path)) throw new Error(`${path} is missing: run cargo xtask test e2e`);
    }
    const child = spawn(
      binary,
      ["--listen", `127.0.0.1:${port}`, "--www", `${root}www`, "--pkg", pkg],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const server = new ServerProcess(child);
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
