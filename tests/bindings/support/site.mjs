// @ts-check
// An app that has installed the package and a framework, in Vite's development server, and pages of
// it in a browser. Between page and server is a wire that counts connections.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, createServer } from "vite";
import { WebSocket } from "ws";
import { Proxy } from "../../e2e/support/proxy.mjs";
import { ServerProcess } from "../../e2e/support/server.mjs";
import { until } from "../../e2e/support/until.mjs";
import { production, root } from "../../package/support/package.mjs";
import { serve } from "../../package/support/pages.mjs";
import { Project } from "../../package/support/project.mjs";

/** @typedef {import("../../e2e/support/engines.mjs").Page} Page */
/** @typedef {import("../../e2e/support/engines.mjs").Browser} Browser */
/** @typedef {import("../../package/support/package.mjs").Entry} Entry */

/** The room that the apps name. */
const ROOM = "ws://127.0.0.1:7700/rooms/groceries";

/**
 * @typedef {object} SiteOptions
 * @property {string[]} packages that the app has installed beside draftsync
 * @property {string} app the file of the app that is edited while it runs
 * @property {string[]} imports which Vite has to find before the first page, else it reloads pages
 * @property {() => any[]} plugins
 * @property {import("../../e2e/support/engines.mjs").Engine} engine in which the published app is used
 * @property {(project: Project) => void} [prepare] adds to what is installed
 */

export class Site {
  /** @type {{ dispose: () => void }[]} */
  #stores = [];
  /** @type {Proxy[]} */
  #wires = [];
  #rooms = 0;
  /** Between the app and its room. @type {Proxy | undefined} */
  wire;
  /** The development server's address. */
  url = "";
  /** Pages that are rendered here, by their path. @type {Map<string, (url: URL) => Promise<string>>} */
  rendered = new Map();

  /**
   * @param {string} name
   * @param {SiteOptions} options
   * @param {Project} project
   * @param {ServerProcess} server
   */
  constructor(name, options, project, server) {
    this.name = name;
    this.options = options;
    this.project = project;
    this.server = server;
    /** @type {import("vite").ViteDevServer | undefined} */
    this.vite = undefined;
    /** @type {http.Server | undefined} */
    this.http = undefined;
  }

  /**
   * @param {string} name of the framework: `apps/<name>` is the app, `<name>` has what else is tried
   * @param {SiteOptions} options
   */
  static async start(name, options) {
    const project = await Project.create();
    const site = new Site(name, options, project, await ServerProcess.start());
    try {
      await site.#begin();
    } catch (error) {
      await site.stop();
      throw error;
    }
    return site;
  }

  async #begin() {
    const { name, options, project } = this;
    for (const pkg of options.packages) {
      mkdirSync(dirname(project.path(`node_modules/${pkg}`)), { recursive: true });
      symlinkSync(join(root, "node_modules", pkg), project.path(`node_modules/${pkg}`), "junction");
    }
    const here = fileURLToPath(new URL("..", import.meta.url));
    cpSync(join(here, "apps"), project.path("apps"), { recursive: true });
    cpSync(join(here, name), project.path("cases"), { recursive: true });
    cpSync(join(here, "support/counted.js"), project.path("support/counted.js"));
    // The app names a server as an app of one's own does; here it is another one.
    this.wire = await Proxy.start(this.server.port);
    this.edit("apps/store.js", ROOM, `${this.wire.url.replace("http", "ws")}/rooms/groceries`);
    options.prepare?.(project);
    await this.#listen();
  }

  async #listen() {
    this.http = http.createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const render = this.rendered.get(url.pathname);
      if (!render) return this.vite?.middlewares(request, response);
      render(url).then(
        (html) => response.writeHead(200, { "content-type": "text/html" }).end(html),
        (error) => response.writeHead(500).end(String(error.stack)),
      );
    });
    this.vite = await createServer({
      ...this.#config(),
      server: {
        middlewareMode: true,
        hmr: { server: this.http },
        fs: { strict: false },
      },
      // What is not named here is not made ready later either, which would reload pages.
      optimizeDeps: { include: this.options.imports, entries: [], noDiscovery: true },
      appType: "mpa",
    });
    this.http.listen(0, "127.0.0.1");
    await once(this.http, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.http.address());
    this.url = `http://127.0.0.1:${port}`;
  }

  #config() {
    return {
      root: this.project.folder,
      configFile: /** @type {const} */ (false),
      logLevel: /** @type {const} */ ("error"),
      plugins: this.options.plugins(),
    };
  }

  /**
   * The app as it would be published, in a server of its own.
   * @returns {Promise<{ url: string, close: () => void }>}
   */
  async published() {
    const before = process.env.NODE_ENV;
    // The development server has set it, and a build heeds it.
    delete process.env.NODE_ENV;
    try {
      await build({
        ...this.#config(),
        root: this.project.path(`apps/${this.name}`),
        build: { outDir: this.project.path("published") },
      });
    } finally {
      process.env.NODE_ENV = before;
    }
    return serve(this.project.path("published"));
  }

  /**
   * A page of the development server whose body is rendered here.
   * @param {string} path
   * @param {string} server the module that renders, by its `render(url)`; `head()` is for the head
   * @param {string} client the module that hydrates
   */
  renders(path, server, client) {
    this.rendered.set(path, async (url) => {
      const { render, head } = /** @type {any} */ (await this.vite?.ssrLoadModule(server));
      const page = `<!doctype html><html lang="en"><head><meta charset="utf-8" /><title>app</title>
        <link rel="icon" href="data:," />${head?.() ?? ""}</head><body><div id="root">${await render(url)}</div>
        <script type="module" src="${client}"></script></body></html>`;
      return /** @type {any} */ (this.vite).transformIndexHtml(path, page);
    });
  }

  /**
   * Saves a file of the app with another text in it.
   * @param {string} file
   * @param {string} from
   * @param {string} to
   */
  edit(file, from, to) {
    const text = readFileSync(this.project.path(file), "utf8");
    assert.ok(text.includes(from), `${file} has ${from}`);
    this.project.write(file, text.replaceAll(from, to));
  }

  /** @param {string} room */
  address(room) {
    return `${this.server.url.replace("http", "ws")}/rooms/${room}`;
  }

  /** A room that nobody was in, its wire, and somebody else in it. */
  async room() {
    const name = `${this.name}-${(this.#rooms += 1)}`;
    const wire = await Proxy.start(this.server.port);
    this.#wires.push(wire);
    const other = await this.somebody(name, BOARD);
    return { name, wire, other, url: `${wire.url.replace("http", "ws")}/rooms/${name}` };
  }

  /**
   * A store of somebody else.
   * @template {object} T
   * @param {string} room
   * @param {T} initial
   */
  async somebody(room, initial) {
    const store = await production.SyncedStore.open(this.address(room), {
      initial,
      WebSocket,
      onError: (error) => assert.fail(error),
    });
    this.#stores.push(store);
    return store;
  }

  /** Ends what a test has begun. */
  async clear() {
    for (const store of this.#stores.splice(0)) store.dispose();
    for (const wire of this.#wires.splice(0)) await wire.close();
  }

  async stop() {
    await this.clear();
    await this.wire?.close();
    await this.vite?.close();
    this.http?.closeAllConnections();
    this.http?.close();
    await this.server.kill();
    this.project.remove();
  }
}

/** What the rooms of the cases begin with. */
export const BOARD = {
  title: "from the room",
  votes: 0,
  todos: /** @type {{ text: string, done: boolean }[]} */ ([]),
};

/** A page, and what it has complained of. */
export class Visit {
  /** @type {string[]} */
  complaints = [];
  /** @type {string[]} */
  warnings = [];

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      // Browsers say this by themselves when a store ends before its socket is open.
      if (message.text().startsWith("WebSocket connection to")) return;
      if (message.type() === "error") this.complaints.push(message.text());
      if (message.type() === "warning") this.warnings.push(message.text());
    });
  }

  /**
   * @param {Browser} browser
   * @param {string} url
   * @param {(visit: Visit) => Promise<unknown>} [prepare]
   */
  static async open(browser, url, prepare) {
    const visit = new Visit(await browser.newPage());
    await prepare?.(visit);
    await visit.page.goto(url);
    return visit;
  }

  /** The page's clock, which can be moved in Chromium. */
  get clock() {
    const page = /** @type {unknown} */ (this.page);
    return /** @type {import("playwright-core").Page} */ (page).clock;
  }

  /**
   * Waits until the page shows a text.
   * @param {string} selector
   * @param {string} text
   */
  async shows(selector, text) {
    await until(`${selector} shows ${JSON.stringify(text)}`, async () => {
      assert.deepEqual(this.complaints, []);
      const seen = await this.page.locator(selector).allTextContents();
      assert.equal(seen.map((part) => part.trim()).join(" | "), text);
      return true;
    });
  }

  /** A value of the page. @param {string} expression @returns {Promise<any>} */
  see(expression) {
    return this.page.evaluate(expression);
  }

  /** Closes the page, and fails if it has complained. */
  async close() {
    await this.page.close();
    assert.deepEqual(this.complaints, [], "the console has no errors");
    assert.deepEqual(this.warnings, [], "the console has no warnings");
  }
}
