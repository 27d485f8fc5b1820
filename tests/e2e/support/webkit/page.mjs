// @ts-check
// A page of WebKit, with what the tests use of playwright's.

import { Keyboard, Mouse } from "./input.mjs";
import { WebKitLocator } from "./locator.mjs";

/** @typedef {import("../engines.mjs").ConsoleMessage} ConsoleMessage */
/** @typedef {{ kind: "pageerror" | "console", text: string }} Complaint */

export class WebKitPage {
  /** Whether its profile ends with it. */
  ownsProfile = false;
  isClosed = false;
  /** @type {{ event: string, listener: (told: any) => void }[]} */
  listeners = [];

  /**
   * @param {import("./browser.mjs").Profile} profile
   * @param {string} handle of its window
   */
  constructor(profile, handle) {
    this.profile = profile;
    this.handle = handle;
    this.mouse = new Mouse(this);
    this.keyboard = new Keyboard(this);
  }

  /**
   * @param {"pageerror" | "console"} event
   * @param {(told: any) => void} listener
   */
  on(event, listener) {
    this.listeners.push({ event, listener });
  }

  /** @param {string} url */
  goto(url) {
    return this.navigate("/url", { url });
  }

  reload() {
    return this.navigate("/refresh");
  }

  goBack() {
    return this.navigate("/back");
  }

  /**
   * @param {string} path
   * @param {object} [body]
   */
  async navigate(path, body) {
    await this.collect();
    await this.command("POST", path, body);
    await this.collect();
    for (const script of this.profile.initScripts) await this.evaluate(script);
  }

  /**
   * @template R, A
   * @param {string | ((given: A) => R | Promise<R>)} run
   * @param {A} [given]
   * @returns {Promise<R>}
   */
  evaluate(run, given) {
    return this.run(typeof run === "string" ? `() => (${run})` : String(run), given);
  }

  /**
   * Runs a function in the page.
   * @param {string} source of the function
   * @param {unknown} [given] what it is called with
   * @returns {Promise<any>}
   */
  async run(source, given) {
    // The source stands in the script itself: a page's policy may forbid to make it from text.
    const script = `
      const done = arguments[1];
      const given = JSON.parse(arguments[0]).given;
      const listen = ${listen};
      const finish = (answer) => done(JSON.stringify({ ...answer, complaints: listen().splice(0) }));
      listen();
      Promise.resolve()
        .then(() => (${source})(given))
        .then((value) => finish({ value }))
        .catch((error) => finish({ error: String(error && error.stack ? error.message + "\\n" + error.stack : error) }));`;
    const text = await this.command("POST", "/execute/async", {
      script,
      args: [JSON.stringify({ given })],
    });
    /** @type {{ value: unknown, error?: string, complaints: Complaint[] }} */
    const { value, error, complaints } = JSON.parse(text);
    for (const complaint of complaints) this.tell(complaint);
    if (error !== undefined) throw new Error(`in the page: ${error}`);
    return value;
  }

  /**
   * @template R
   * @param {string} selector
   * @param {(element: Element) => R} run
   */
  $eval(selector, run) {
    return this.locator(selector).one(run);
  }

  /**
   * @template R
   * @param {string} selector
   * @param {(elements: Element[]) => R} run
   */
  $$eval(selector, run) {
    return this.locator(selector).all(run);
  }

  /** @param {string} selector */
  locator(selector) {
    return new WebKitLocator(this, []).locator(selector);
  }

  /**
   * @param {"button"} role
   * @param {{ name: string }} by
   */
  getByRole(role, { name }) {
    return new WebKitLocator(this, [{ css: `${role}, [role=${role}]` }, { name }]);
  }

  /** Any command does: a driver that turns to a window gives it the focus. */
  async bringToFront() {
    await this.command("GET", "/title");
  }

  async close() {
    if (this.isClosed) return;
    await this.collect();
    this.isClosed = true;
    await this.profile.remove(this);
  }

  /** Hears what the page has complained of, until now. */
  async collect() {
    await this.evaluate("0");
  }

  /** @param {Complaint} complaint */
  tell({ kind, text }) {
    const message = { type: () => "error", text: () => text, location: () => ({ url: "" }) };
    for (const { event, listener } of this.listeners) {
      if (event === kind) listener(kind === "console" ? message : new Error(text));
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  command(method, path, body) {
    return this.profile.session.in(this.handle, (send) => send(method, path, body));
  }
}

/**
 * Runs in the page: writes down from now on what it complains of, and gives the list.
 * @returns {Complaint[]}
 */
function listen() {
  const key = Symbol.for("complaints");
  const page = /** @type {any} */ (globalThis);
  if (page[key]) return page[key];
  /** @type {Complaint[]} */
  const list = [];
  Object.defineProperty(page, key, { value: list });
  // A stack does not begin with the message here.
  const told = (/** @type {any} */ error) =>
    error instanceof Error ? `${error}\n${error.stack}` : String(error);
  const write = console.error;
  console.error = (...words) => {
    list.push({ kind: "console", text: words.map(told).join(" ") });
    write.apply(console, words);
  };
  addEventListener("error", (event) =>
    list.push({ kind: "pageerror", text: told(event.error ?? event.message) }),
  );
  addEventListener("unhandledrejection", (event) =>
    list.push({ kind: "pageerror", text: `unhandled rejection: ${told(event.reason)}` }),
  );
  return list;
}
