// @ts-check
// WebKit with its profiles: a profile is a session, which keeps what it stores until it ends.

import { until } from "../until.mjs";
import { WebKitPage } from "./page.mjs";
import { Session } from "./session.mjs";

/** @typedef {import("../engines.mjs").ContextOptions} ContextOptions */

export class WebKit {
  /** @type {Set<Profile>} */
  profiles = new Set();

  /** @param {ContextOptions} [options] */
  async newContext(options = {}) {
    const profile = new Profile(await Session.start(), options);
    this.profiles.add(profile);
    return profile;
  }

  async newPage() {
    const profile = await this.newContext();
    const page = await profile.newPage();
    page.ownsProfile = true;
    return page;
  }

  async close() {
    for (const profile of this.profiles) profile.session.kill();
  }
}

export class Profile {
  /** @type {Set<WebKitPage>} */
  pages = new Set();
  /** What runs in every page that loads. @type {(() => void)[]} */
  initScripts = [];

  /**
   * @param {Session} session
   * @param {ContextOptions} options
   */
  constructor(session, options) {
    this.session = session;
    this.options = options;
    /** A window that no page has; with its last window a session would end. */
    this.spare = session.current;
  }

  async newPage() {
    const { spare } = this;
    const { viewport } = this.options;
    let handle = spare || (await this.newWindow([...this.pages][0].handle));
    this.spare = "";
    if (viewport) handle = await this.popUp(handle, viewport);
    const page = new WebKitPage(this, handle);
    this.pages.add(page);
    return page;
  }

  /** @param {() => void} script */
  async addInitScript(script) {
    this.initScripts.push(script);
  }

  /** Closes the window of a page. @param {WebKitPage} page */
  async remove(page) {
    this.pages.delete(page);
    if (page.ownsProfile) return this.session.kill();
    // While one is open, the next one can be opened from it.
    if (!this.spare && this.pages.size === 0) this.spare = await this.newWindow(page.handle);
    await this.session.in(page.handle, (send) => send("DELETE", "/window"));
    this.session.current = "";
  }

  async close() {
    for (const page of this.pages) await page.collect();
    this.session.kill();
  }

  /** @param {string} opener @returns {Promise<string>} */
  async newWindow(opener) {
    const { handle } = await this.session.in(opener, (send) =>
      send("POST", "/window/new", { type: "window" }),
    );
    return handle;
  }

  /**
   * Opens a window of this size inside, for that of another window has a least width: that of its
   * toolbar. A window without one is opened by a script, and by a script only after a click.
   * @param {string} opener
   * @param {{ width: number, height: number }} size
   */
  async popUp(opener, { width, height }) {
    return this.session.in(opener, async (send) => {
      const features = `popup,width=${width},height=${height}`;
      await send("POST", "/execute/sync", {
        script:
          "document.documentElement.onclick = () => window.open('about:blank', '', arguments[0]);",
        args: [features],
      });
      const before = await send("GET", "/window/handles");
      const steps = [
        { type: "pointerMove", x: 20, y: 20 },
        { type: "pointerDown", button: 0 },
        { type: "pointerUp", button: 0 },
      ];
      const click = { type: "pointer", id: "mouse", actions: steps };
      await send("POST", "/actions", { actions: [click] });
      const made = await until("a window has opened", async () => {
        /** @type {string[]} */
        const handles = await send("GET", "/window/handles");
        return handles.find((handle) => !before.includes(handle));
      });
      return /** @type {string} */ (made);
    });
  }
}
