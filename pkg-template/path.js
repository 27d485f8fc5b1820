// @ts-check

import { fault } from "./errors.js";

/** @import { Path } from "./index.js" */

/**
 * The JSON Pointer of a path.
 * @param {Path} path
 */
export function pointer(path) {
  if (Array.isArray(path))
    return path.map((key) => "/" + `${key}`.replaceAll("~", "~0").replaceAll("/", "~1")).join("");
  if (typeof path !== "string" || (path && path[0] !== "/"))
    throw fault("invalid-patch", "bad-pointer", { path: String(path) });
  return path;
}

/**
 * What stands at a pointer; nothing when there is nothing.
 * @param {any} value
 * @param {string} at
 * @returns {unknown}
 */
export function valueAt(value, at) {
  for (const token of at.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    value = Object(value) === value && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}
