// @ts-check
// What enters from user code: plain JSON, cloned and checked once, or refused with its path.

import { STATE, now, pathOf } from "./state.js";
import {
  DEPTH_MAX,
  KEY_UNITS_MAX,
  STRING_UNITS_MAX,
  isArray,
  isContainer,
  isWell,
} from "./values.js";

/** @import { Json, State } from "./state.js" */

/**
 * A checked deep copy of plain JSON from user code.
 * @param {any} value
 * @param {(string | number)[]} path where it will stand
 * @param {any[]} [above] containers around it
 * @param {(member: any, key: any) => any} [give] what else than a copy to keep of its members
 * @returns {Json}
 */
export function clean(value, path, above = [], give) {
  if (typeof value === "string") return text(value, path, STRING_UNITS_MAX, "string-too-long");
  if (Number.isFinite(value)) return value + 0; // -0 becomes 0
  if (value === null || typeof value === "boolean") return value;
  if (!isContainer(value)) refuse(value, path);
  const state = value[STATE];
  if (state) value = now(alive(state));
  if (above.includes(value)) fail("cycle", path);
  if (path.length >= DEPTH_MAX) fail("too-deep", path);
  const list = isArray(value);
  const proto = Object.getPrototypeOf(value);
  // Plain objects and arrays of another realm are plain too.
  if (list ? !isArray(proto) : proto && Object.getPrototypeOf(proto)) refuse(value, path);
  above.push(value);
  const extra = list && Object.keys(value)[value.length];
  if (extra) fail("not-json", [...path, extra], "array property");
  /** @type {any} */
  const copy = list ? [] : {};
  for (const key of list ? value.keys() : Reflect.ownKeys(value)) {
    const found = Object.getOwnPropertyDescriptor(value, key);
    if (!found) fail("sparse", [...path, key]);
    if (!found.enumerable) continue;
    if (!list) checkKey(key, path);
    if (found.get || found.set) fail("accessor", [...path, key]);
    const member = found.value;
    if (!list && member === undefined) continue;
    copy[key] = give ? give(member, key) : clean(member, [...path, key], above);
  }
  above.pop();
  return copy;
}

/** A path as RFC 6901 has it. @param {any[]} path */
export function pointerOf(path) {
  return path.map((key) => "/" + String(key).replace(/~/g, "~0").replace(/\//g, "~1")).join("");
}

/**
 * Makes the error of a fault. The package's are thrown here already, because a recipe may catch
 * them, and a draft that outlived its recipe is used where nobody else would make them.
 * @type {(fault: object) => unknown}
 */
let errorOf = (fault) => fault;

/** @param {typeof errorOf | undefined} make */
export function setErrors(make) {
  errorOf = make ?? errorOf;
}

/** @param {string} reason @param {any[]} [path] @param {string} [kind] @returns {never} */
export function fail(reason, path, kind) {
  throw errorOf({
    draftsync: 1,
    code: "invalid-patch",
    reason,
    path: path && pointerOf(path),
    ...(kind ? { kind } : {}),
  });
}

/** @param {any} value @param {any[]} path @returns {never} */
function refuse(value, path) {
  let kind = /** @type {string} */ (typeof value);
  if (kind === "number") kind = String(value).replace("-", "");
  if (kind === "bigint") kind = "BigInt";
  if (kind === "object") {
    const type = [Date, Map, Set].find((type) => value instanceof type);
    kind = type ? type.name : "class instance";
  }
  fail("not-json", path, kind);
}

/** @param {string} value @param {any[]} path @param {number} max @param {string} reason */
function text(value, path, max, reason) {
  if (value.length > max) fail(reason, path);
  if (!isWell(value)) fail("lone-surrogate", path);
  return value;
}

/** @param {any} key @param {any[]} path of what has the key */
export function checkKey(key, path) {
  if (typeof key === "symbol") refuse(key, [...path, key]);
  if (key === "__proto__") fail("proto-key", [...path, key]);
  text(key, [...path, key], KEY_UNITS_MAX, "key-too-long");
}

/** @param {State} state */
export function alive(state) {
  if (!state.scope.live) fail("dead-draft", pathOf(state));
  return state;
}
