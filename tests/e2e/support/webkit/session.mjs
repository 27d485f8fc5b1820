// @ts-check
// One WebKit with a screen of its own, driven by WebDriver. A WebKitWebDriver has one session, so
// each session has a driver; and each has a screen, so that its window always has the focus.

import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { until } from "../until.mjs";

/** Longer than any test waits, so that the test says what it waited for. */
const SCRIPT_TIMEOUT_MS = 150_000;

/** @typedef {import("node:child_process").ChildProcess} ChildProcess */

/** @type {Set<Session>} */
const open = new Set();
process.on("exit", () => {
  for (const session of open) session.kill();
});
// A runner that has lost patience says so by a signal, which by itself would leave browsers behind.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

export class Session {
  /** The window that commands go to. */
  current = "";
  id = "";
  /** Settles when all commands so far are done. @type {Promise<unknown>} */
  last = Promise.resolve();

  /**
   * @param {ChildProcess} screen
   * @param {ChildProcess} driver
   * @param {number} port
   */
  constructor(screen, driver, port) {
    this.screen = screen;
    this.driver = driver;
    this.port = port;
    open.add(this);
  }

  static async start() {
    const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const display = await started(screen).then(firstLine);
    const port = await freePort();
    // A group of its own: whatever the driver starts ends with it.
    const driver = spawn("WebKitWebDriver", [`--port=${port}`], {
      detached: true,
      stdio: "ignore",
      env: {
        ...process.env,
        DISPLAY: `:${display}`,
        WAYLAND_DISPLAY: "",
        // Without these it starts daemons that outlive it.
        NO_AT_BRIDGE: "1",
        DBUS_SESSION_BUS_ADDRESS: "disabled:",
        // There is no GPU, and a container has no namespaces for a sandbox.
        WEBKIT_DISABLE_COMPOSITING_MODE: "1",
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      },
    });
    const session = new Session(screen, driver, port);
    try {
      await started(driver);
      await session.begin();
    } catch (error) {
      session.kill();
      throw error;
    }
    return session;
  }

  async begin() {
    await until("WebKitWebDriver answers", async () => {
      if (this.driver.exitCode !== null) throw new Error("it has ended");
      return (await this.send("GET", "/status")).ready;
    });
    // Without a word of which browser it is that of the driver's own package.
    const { sessionId } = await this.send("POST", "/session", {
      capabilities: { alwaysMatch: { timeouts: { script: SCRIPT_TIMEOUT_MS } } },
    });
    this.id = sessionId;
    this.current = await this.send("GET", `/session/${sessionId}/window`);
  }

  /**
   * Sends commands to a window, with none to another window among them.
   * @template R
   * @param {string} window
   * @param {(send: (method: string, path: string, body?: object) => Promise<any>) => Promise<R>} run
   * @returns {Promise<R>}
   */
  in(window, run) {
    const send = (/** @type {[string, string, object?]} */ ...[method, path, body]) =>
      this.send(method, `/session/${this.id}${path}`, body);
    const result = this.last.then(async () => {
      if (this.current !== window) {
        await send("POST", "/window", { handle: window });
        this.current = window;
      }
      return run(send);
    });
    this.last = result.catch(() => {});
    return result;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async send(method, path, body = {}) {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      body: method === "POST" ? JSON.stringify(body) : undefined,
    });
    const { value } = /** @type {{ value: any }} */ (await response.json());
    if (!response.ok) throw new Error(`WebKit: ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  /** Ends the browser without a word to its pages. */
  kill() {
    open.delete(this);
    try {
      if (this.driver.pid) process.kill(-this.driver.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    this.screen.kill();
  }
}

/** @param {ChildProcess} child */
async function started(child) {
  const { spawnfile: program } = child;
  await once(child, "spawn").catch(() => {
    throw new Error(`${program} is missing; on Debian: apt-get install webkit2gtk-driver xvfb`);
  });
  return child;
}

/**
 * What a process says first, on the pipe that it has for nothing else.
 * @param {ChildProcess} child
 */
async function firstLine(child) {
  const pipe = /** @type {import("node:stream").Readable} */ (child.stdio[3]);
  const [text] = await Promise.race([
    once(pipe, "data"),
    once(child, "exit").then(() => {
      throw new Error("Xvfb has ended");
    }),
  ]);
  return String(text).trim();
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}
