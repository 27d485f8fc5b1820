// @ts-check
// What every page of the demo needs.

/**
 * @template {HTMLElement} E
 * @param {string} id
 * @returns {E}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return /** @type {E} */ (element);
}

/**
 * The part of an element that plays this role in it.
 * @template {HTMLElement} E
 * @param {ParentNode} element
 * @param {string} role
 * @returns {E}
 */
export function part(element, role) {
  const found = element.querySelector(`[data-role="${role}"]`);
  if (!found) throw new Error(`an element of the page has no part "${role}"`);
  return /** @type {E} */ (found);
}

/**
 * What there is one of for each use of a template.
 * @template {HTMLElement} E
 * @param {HTMLTemplateElement} template
 * @returns {E}
 */
export function fromTemplate(template) {
  const fragment = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {E} */ (fragment.firstElementChild);
}

/**
 * The name of a room that is like this text. A server refuses other names before the socket opens,
 * and a page is not told why.
 * @param {string} text
 * @returns {string} empty when nothing is left of it
 */
export function roomName(text) {
  const segments = text.split("/").map((part) => part.replace(/[^A-Za-z0-9._~-]+/g, "-"));
  return segments
    .filter((part) => !/^\.{0,2}$/.test(part))
    .map((part) => part.slice(0, 128))
    .join("/");
}

/** @returns {string} A new id; `crypto.randomUUID` would ask for a secure context. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What draws a burst of changes once; a hidden window gets no animation frames.
 * @param {() => void} draw
 */
export function soon(draw) {
  let waiting = false;
  const run = () => {
    waiting = false;
    draw();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    if (document.hidden) setTimeout(run);
    else requestAnimationFrame(run);
  };
}

/** @param {unknown} error */
export function sentence(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Copies a text, and says so on the button.
 * @param {HTMLElement} button
 * @param {string} text
 * @returns {Promise<boolean>} false without permission: then it has to be copied by hand
 */
export async function copyText(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return false;
  }
  button.textContent = "Copied";
  return true;
}
