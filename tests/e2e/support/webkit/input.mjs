// @ts-check
// Mouse and keyboard of a page in WebKit.

/** @typedef {import("./page.mjs").WebKitPage} WebKitPage */

/** The keys that are no letters, as WebDriver writes them. */
const KEYS = /** @type {Record<string, string>} */ ({
  Backspace: "\uE003",
  Enter: "\uE007",
  Escape: "\uE00C",
  Alt: "\uE00A",
  Control: "\uE009",
  End: "\uE010",
  Home: "\uE011",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
});

export class Mouse {
  x = 0;
  y = 0;

  /** @param {WebKitPage} page */
  constructor(page) {
    this.page = page;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {{ steps?: number }} [how]
   */
  async move(x, y, { steps = 1 } = {}) {
    const from = { x: this.x, y: this.y };
    const moves = Array.from({ length: steps }, (_, n) => ({
      type: "pointerMove",
      x: Math.round(from.x + ((x - from.x) * (n + 1)) / steps),
      y: Math.round(from.y + ((y - from.y) * (n + 1)) / steps),
      duration: 0,
    }));
    this.x = x;
    this.y = y;
    await this.perform(moves);
  }

  async down() {
    await this.perform([{ type: "pointerDown", button: 0 }]);
  }

  async up() {
    await this.perform([{ type: "pointerUp", button: 0 }]);
  }

  /** @param {object[]} actions */
  async perform(actions) {
    const parameters = { pointerType: "mouse" };
    await this.page.command("POST", "/actions", {
      actions: [{ type: "pointer", id: "mouse", parameters, actions }],
    });
  }
}

export class Keyboard {
  /** @param {WebKitPage} page */
  constructor(page) {
    this.page = page;
  }

  /** Presses a key, with others held as in `Alt+ArrowDown`. @param {string} keys */
  async press(keys) {
    const values = keys.split("+").map((key) => KEYS[key] ?? key);
    await this.perform([
      ...values.map((value) => ({ type: "keyDown", value })),
      ...values.toReversed().map((value) => ({ type: "keyUp", value })),
    ]);
  }

  /** @param {string} text */
  async type(text) {
    for (const letter of text) await this.press(letter);
  }

  /** @param {object[]} actions */
  async perform(actions) {
    await this.page.command("POST", "/actions", {
      actions: [{ type: "key", id: "keyboard", actions }],
    });
  }
}
