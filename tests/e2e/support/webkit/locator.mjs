// @ts-check
// Elements of a page in WebKit, looked for anew each time, and used once they can be: when they are
// there, alone, in sight, at rest, and under nothing else.

import { until } from "../until.mjs";

/** @typedef {import("../engines.mjs").Box} Box */
/**
 * @typedef {{ css: string } | { isVisible: true } | { index: number } | { text: string } | { name: string }} Step
 */

export class WebKitLocator {
  /**
   * @param {import("./page.mjs").WebKitPage} page
   * @param {readonly Step[]} steps
   */
  constructor(page, steps) {
    this.page = page;
    this.steps = steps;
  }

  /** @param {readonly Step[]} steps */
  with(...steps) {
    return new WebKitLocator(this.page, [...this.steps, ...steps]);
  }

  /** @param {string} selector */
  locator(selector) {
    const css = selector.replace(/:visible$/, "");
    return css === selector ? this.with({ css }) : this.with({ css }, { isVisible: true });
  }

  /** @param {number} index */
  nth(index) {
    return this.with({ index });
  }

  first() {
    return this.nth(0);
  }

  /** @param {{ hasText: string }} by */
  filter({ hasText }) {
    return this.with({ text: hasText });
  }

  async waitFor() {
    await this.wait("is visible", () => this.isVisible());
  }

  async click() {
    await this.hover();
    await this.page.mouse.perform([
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ]);
  }

  async hover() {
    let last = "";
    const box = await this.wait("can be pointed at", async () => {
      const found = await this.one(reachable);
      const now = JSON.stringify(found);
      const isAtRest = now === last;
      last = now;
      return typeof found === "object" && isAtRest ? found : undefined;
    });
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  }

  async focus() {
    await this.act((element) => /** @type {HTMLElement} */ (element).focus());
  }

  /** @param {string} text */
  async fill(text) {
    await this.waitFor();
    await this.act((element, words) => {
      const field = /** @type {HTMLInputElement} */ (element);
      field.focus();
      field.select();
      // As if it was typed: the page hears of it, and the browser can undo it.
      document.execCommand(words === "" ? "delete" : "insertText", false, words);
    }, text);
  }

  /** @param {string} key */
  async press(key) {
    await this.focus();
    await this.page.keyboard.press(key);
  }

  /** @param {string} text */
  async pressSequentially(text) {
    await this.focus();
    await this.page.keyboard.type(text);
  }

  /** @returns {Promise<Box | null>} */
  boundingBox() {
    return this.act((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return width && height ? { x, y, width, height } : null;
    });
  }

  inputValue() {
    return this.act((element) => /** @type {HTMLInputElement} */ (element).value);
  }

  textContent() {
    return this.act((element) => element.textContent);
  }

  allTextContents() {
    return this.all((elements) => elements.map((element) => element.textContent ?? ""));
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.act((element, word) => element.getAttribute(word), name);
  }

  isVisible() {
    return this.with({ isVisible: true }).all((elements) => elements.length > 0);
  }

  /**
   * Waits until there is one such element, and runs this on it in the page.
   * @template R
   * @param {(element: Element, word: string) => R} run
   * @param {string} [word]
   * @returns {Promise<R>}
   */
  async act(run, word) {
    const { result } = await this.wait("is there", async () => ({
      result: await this.one(run, word),
    }));
    return result;
  }

  /**
   * Runs this on the one element, in the page; fails where there is none, or are several.
   * @template R
   * @param {(element: Element, word: string) => R} run
   * @param {string} [word]
   * @returns {Promise<R>}
   */
  async one(run, word) {
    const source = `({ steps, word }) => {
      const found = (${find})(steps);
      if (found.length !== 1) throw new Error(found.length + " elements");
      return (${run})(found[0], word);
    }`;
    return this.page.run(source, { steps: this.steps, word });
  }

  /**
   * @template R
   * @param {(elements: Element[]) => R} run
   * @returns {Promise<R>}
   */
  all(run) {
    return this.page.run(`(steps) => (${run})((${find})(steps))`, this.steps);
  }

  /**
   * @template R
   * @param {string} what
   * @param {() => Promise<R>} check
   * @returns {Promise<NonNullable<R>>}
   */
  async wait(what, check) {
    return /** @type {NonNullable<R>} */ (
      await until(`${JSON.stringify(this.steps)} ${what}`, check)
    );
  }
}

/**
 * Runs in the page.
 * @param {readonly Step[]} steps
 */
function find(steps) {
  const words = (/** @type {string | null} */ text) =>
    (text ?? "").replace(/\s+/g, " ").trim().toLowerCase();
  const isVisible = (/** @type {Element} */ element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && getComputedStyle(element).visibility === "visible";
  };
  /** @type {Element[]} */
  let found = [document.documentElement];
  for (const step of steps) {
    if ("css" in step) {
      found = [...new Set(found.flatMap((root) => [...root.querySelectorAll(step.css)]))];
    } else if ("index" in step) {
      found = found.slice(step.index, step.index + 1);
    } else if ("text" in step) {
      found = found.filter((element) => words(element.textContent).includes(words(step.text)));
    } else if ("name" in step) {
      found = found.filter((element) =>
        words(element.getAttribute("aria-label") ?? element.textContent).includes(words(step.name)),
      );
    } else {
      found = found.filter(isVisible);
    }
  }
  return found;
}

/**
 * Runs in the page: where the element is, if a pointer there would reach it, else what hinders.
 * @param {Element} element
 */
function reachable(element) {
  element.scrollIntoView({ block: "nearest", behavior: "instant" });
  const { x, y, width, height } = element.getBoundingClientRect();
  if (!width || !height) return "it is not visible";
  if (/** @type {HTMLButtonElement} */ (element).disabled) return "it is disabled";
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  const isReached = hit && (element.contains(hit) || hit.closest("label")?.control === element);
  return isReached ? { x, y, width, height } : "something is in front of it";
}
