// @ts-check
// Questions about JSON values, which Rust asks and never has in its own memory.

export const DEPTH_MAX = 64;
export const KEY_UNITS_MAX = 1024;
export const STRING_UNITS_MAX = 524288;

export const { isArray } = Array;
/** @param {any} value */
export const isContainer = (value) => typeof value === "object" && value !== null;
/** @param {any} value @param {any} key */
export const has = (value, key) => Object.hasOwn(value, key);

/** Freezes a value and what is in it, down to what is frozen. @param {any} value */
export function freeze(value) {
  if (!isContainer(value) || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

/** Deep equality of JSON, order-blind for objects. @param {any} a @param {any} b @returns {boolean} */
export function equals(a, b) {
  /** @type {any[]} */
  const open = [a, b];
  while (open.length) {
    const right = open.pop();
    const left = open.pop();
    if (left === right) continue;
    if (!isContainer(left) || !isContainer(right)) return false;
    if (isArray(left) !== isArray(right)) return false;
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    for (const key of keys) {
      if (!has(right, key)) return false;
      open.push(left[key], right[key]);
    }
  }
  return true;
}

/** Whether a cut at an offset parts no surrogate pair. @param {string} text @param {number} at */
function isCut(text, at) {
  if (at <= 0 || at >= text.length) return at === 0 || at === text.length;
  const left = text.charCodeAt(at - 1);
  const right = text.charCodeAt(at);
  return !(left >= 0xd800 && left < 0xdc00 && right >= 0xdc00 && right < 0xe000);
}

/** @param {any} text @param {number} pos @param {number} len */
export function slice(text, pos, len) {
  if (typeof text !== "string" || !(len >= 0)) return undefined;
  if (!isCut(text, pos) || !isCut(text, pos + len)) return undefined;
  return text.slice(pos, pos + len);
}

/** @param {any} text @param {number} pos @param {number} del @param {any} insert */
export function splice(text, pos, del, insert) {
  if (slice(text, pos, del) === undefined || typeof insert !== "string") return undefined;
  return text.slice(0, pos) + insert + text.slice(pos + del);
}

/** 0 null, 1 boolean, 2 number, 3 string, 4 array, 5 object. @param {any} value */
export function kindOf(value) {
  if (value === null) return 0;
  if (typeof value === "object") return isArray(value) ? 4 : 5;
  return typeof value === "boolean" ? 1 : typeof value === "number" ? 2 : 3;
}

/** Elements of an array, code units of a string, else 0. @param {any} value */
export function len(value) {
  return typeof value === "string" || isArray(value) ? value.length : 0;
}

/** Names and values of an object in turn, or the elements of an array. @param {any} value */
export function children(value) {
  if (!isContainer(value)) return [];
  return isArray(value) ? value : Object.entries(value).flat();
}

/** What tells an item of a list from others, as a text, or undefined. @param {any} value */
export function idOf(value) {
  for (const name of ["id", "_id", "key"]) {
    const id = isContainer(value) && has(value, name) ? value[name] : undefined;
    if (typeof id === "string" || typeof id === "number") return name + typeof id + id;
  }
  return undefined;
}

/**
 * Code units that two strings have in common at the beginning, in units of 2^26, and behind that
 * at the end.
 * @param {string} a
 * @param {string} b
 */
export function common(a, b) {
  const max = Math.min(a.length, b.length);
  let head = 0;
  while (head < max && a[head] === b[head]) head++;
  if (!isCut(a, head)) head--;
  let tail = 0;
  while (tail < max - head && a[a.length - tail - 1] === b[b.length - tail - 1]) tail++;
  if (!isCut(a, a.length - tail)) tail--;
  return head * 2 ** 26 + tail;
}

/** How many values a value is made of. @param {any} value */
export function nodes(value) {
  let count = 0;
  const open = [value];
  while (open.length) {
    const here = open.pop();
    count++;
    if (isContainer(here)) for (const key in here) open.push(here[key]);
  }
  return count;
}

/** No presence that a room takes has a longer text. */
const SMALL = 1024;

/** A text of as many bytes as characters. */
const ASCII = /^[ -~]*$/;

/**
 * Bytes of a value as JSON in UTF-8, at most: of a small one as a room estimates them, which
 * refuses a presence by that.
 * @param {any} value
 * @returns {number}
 */
export function jsonBytes(value) {
  // The longest is like -0.0000012345678901234567.
  if (typeof value === "number") return 25;
  if (typeof value === "boolean" || value === null) return 5;
  const text = JSON.stringify(value);
  if (isContainer(value) && text.length <= SMALL) {
    const key = (/** @type {string} */ name) => (isArray(value) ? 0 : 1 + jsonBytes(name));
    return Object.entries(value).reduce((sum, [k, v]) => sum + key(k) + jsonBytes(v) + 1, 2);
  }
  return ASCII.test(text) ? text.length : new TextEncoder().encode(text).length;
}

/**
 * Whether a value from `JSON.parse` keeps the limits, below `depth` containers: 0, or which it
 * breaks: 1 not JSON, 2 lone surrogate, 3 `__proto__`, 4 too deep, 5 key, 6 string too long.
 * @param {any} value
 * @param {number} depth
 * @returns {number}
 */
export function check(value, depth) {
  if (typeof value === "string") return value.length > STRING_UNITS_MAX ? 6 : isWell(value) ? 0 : 2;
  if (typeof value === "number") return Number.isFinite(value) ? 0 : 1;
  if (typeof value === "boolean" || value === null) return 0;
  if (typeof value !== "object") return 1;
  if (depth >= DEPTH_MAX) return 4;
  const list = isArray(value);
  for (const key of Object.keys(value)) {
    if (key === "__proto__") return 3;
    if (key.length > KEY_UNITS_MAX) return 5;
    const broken = (list || isWell(key) ? 0 : 2) || check(value[key], depth + 1);
    if (broken) return broken;
  }
  return 0;
}

/** Whether a string has no lone surrogate. @param {string} text */
export function isWell(text) {
  const modern = /** @type {any} */ (text).isWellFormed;
  return modern ? modern.call(text) : !/\p{Surrogate}/u.test(text);
}
