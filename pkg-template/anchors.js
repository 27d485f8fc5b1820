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

/** Deeper than JSON may be here. */
const DEPTH_MAX = 100;

/**
 * A copy with something else in place of each anchor. What contains itself or is too deep stays as
 * it is, for the core to refuse.
 * @param {any} value
 * @param {"string" | "number"} kind whether the anchors are the app's, or numbers
 * @param {(anchor: any) => any} by
 * @param {(made: any) => any} freeze is given all that the copy is made of
 * @param {any[]} [above] what it is in
 * @returns {any}
 */
export function swap(value, kind, by, freeze, above = []) {
  if (typeof value !== "object" || value === null) return value;
  const { $anchor } = value;
  // Whatever else an app has there is no pointer, and the core's to refuse.
  const found = kind === "string" ? $anchor !== undefined : typeof $anchor === kind;
  if (found) return freeze(by(value));
  if (above.length > DEPTH_MAX || above.includes(value)) return value;
  const around = [...above, value];
  const inside = (/** @type {any} */ inner) => swap(inner, kind, by, freeze, around);
  if (Array.isArray(value)) return freeze(value.map(inside));
  const proto = Object.getPrototypeOf(value);
  // What is no plain object is the core's to refuse.
  if (proto && Object.getPrototypeOf(proto)) return value;
  const members = Object.entries(value).map(([key, inner]) => [key, inside(inner)]);
  return freeze(Object.fromEntries(members));
}

/** Whether it is made of members. @param {any} value */
export const hasMembers = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
