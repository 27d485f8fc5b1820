// @ts-check

import { pointer } from "./path.js";

/** @import { Anchor, Path } from "./index.js" */

/**
 * @param {Path} path
 * @param {number} [pos]
 * @returns {Anchor}
 */
export function anchor(path, pos) {
  const $anchor = pointer(path);
  return pos === undefined ? { $anchor } : { $anchor, pos };
}

/**
 * A copy with something else in place of each anchor.
 * @param {any} value
 * @param {"string" | "number"} kind whether the anchors are the app's, or numbers
 * @param {(anchor: any) => any} by
 * @param {(made: any) => any} freeze is given all that the copy is made of
 * @returns {any}
 */
export function swap(value, kind, by, freeze) {
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$anchor === kind) return freeze(by(value));
  const inside = (/** @type {any} */ inner) => swap(inner, kind, by, freeze);
  if (Array.isArray(value)) return freeze(value.map(inside));
  const above = Object.getPrototypeOf(value);
  // What is no plain object is the core's to refuse.
  if (above && Object.getPrototypeOf(above)) return value;
  const members = Object.entries(value).map(([key, inner]) => [key, inside(inner)]);
  return freeze(Object.fromEntries(members));
}
