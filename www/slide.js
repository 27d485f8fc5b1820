// @ts-check
// Elements that slide from where they were to where they are.

const SLIDE_MS = 180;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the person wants things to stay still. */
export function isCalm() {
  return calm.matches;
}

/** @typedef {Map<Element, DOMRect>} Places */

/**
 * Where elements are now.
 * @param {Iterable<Element>} elements
 * @returns {Places}
 */
export function placesOf(elements) {
  return new Map([...elements].map((element) => [element, element.getBoundingClientRect()]));
}

/**
 * Lets every element slide from where it was; what is new fades in.
 * @param {Iterable<Element>} elements
 * @param {Places} before
 */
export function slide(elements, before) {
  for (const element of elements) {
    const from = before.get(element);
    if (from === undefined) {
      element.animate([{ opacity: 0 }, { opacity: 1 }], { duration: SLIDE_MS });
      continue;
    }
    const to = element.getBoundingClientRect();
    const [x, y] = [from.left - to.left, from.top - to.top];
    if (Math.abs(x) < 1 && Math.abs(y) < 1) continue;
    element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], {
      duration: SLIDE_MS,
      easing: "ease-out",
    });
  }
}
