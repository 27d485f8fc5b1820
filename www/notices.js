// @ts-check
// Messages that stay until they are dismissed, each kind at most once.

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {"info" | "warning"} kind
 * @property {{ label: string, run: () => void }} [action]
 */

/** Older notices leave when there are more. */
const NOTICES_MAX = 4;

/**
 * @param {HTMLElement} region
 * @returns {{ show: (notice: Notice) => () => void }} `show` gives what takes the notice away again
 */
export function makeNotices(region) {
  /** @param {Notice} notice */
  function show({ text, kind, action }) {
    for (const old of [...region.children]) {
      if (old.querySelector("span")?.textContent === text) old.remove();
    }
    const element = document.createElement("p");
    element.className = `notice ${kind}`;
    const words = document.createElement("span");
    words.textContent = text;
    element.append(words);
    if (action) {
      element.append(
        button(action.label, "secondary", () => {
          element.remove();
          action.run();
        }),
      );
    }
    element.append(button("Dismiss", "quiet", () => element.remove()));
    region.append(element);
    while (region.children.length > NOTICES_MAX) region.firstElementChild?.remove();
    return () => element.remove();
  }
  return { show };
}

/**
 * @param {string} label
 * @param {string} look
 * @param {() => void} click
 */
function button(label, look, click) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = look;
  element.textContent = label;
  element.addEventListener("click", click);
  return element;
}
