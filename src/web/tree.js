// @ts-check
// Copy along a path: the host tree in the browser. Four edits of one slot, and no operation.
//
// A tree is an immutable root and the containers made since anybody was given that root: those
// are its own and are edited in place, so that a burst copies a large array once.

/** @typedef {{ root: any, owned: WeakSet<any> }} Tree */

/** Bit of `shape` that says that a value stands at the end. */
const PRESENT = 2 ** 51;
const DEPTH_MAX = 64;
const KEY_UNITS_MAX = 1024;
const STRING_UNITS_MAX = 524288;

/** @param {any} root @returns {Tree} */
export function tree(root) {
  return { root, owned: new WeakSet() };
}

/** @param {Tree} tree */
export function rootOf(tree) {
  return tree.root;
}

/**
 * Gives the root away: from here on nothing in it is edited in place.
 * @param {Tree} tree
 */
export function share(tree) {
  tree.owned = new WeakSet();
  return tree.root;
}

/** Freezes a value and what is in it, down to what is frozen. @param {any} value */
export function freeze(value) {
  if (!isContainer(value) || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

/** @param {string} pointer */
function tokensOf(pointer) {
  const tokens = pointer.split("/");
  tokens.shift();
  if (pointer.includes("~")) {
    for (let i = 0; i < tokens.length; i++) {
      tokens[i] = tokens[i].replaceAll("~1", "/").replaceAll("~0", "~");
    }
  }
  return tokens;
}

/** Whether a token is an index as RFC 6901 has it. @param {string} token */
function isIndex(token) {
  return /^(0|[1-9]\d{0,8})$/.test(token);
}

/** The child of a container, or undefined. @param {any} container @param {string} token */
function child(container, token) {
  if (Array.isArray(container)) {
    return isIndex(token) && +token < container.length ? container[+token] : undefined;
  }
  return Object.hasOwn(container, token) ? container[token] : undefined;
}

/** @param {any} value */
function isContainer(value) {
  return typeof value === "object" && value !== null;
}

/**
 * Walks a pointer: bit i says that token i is read in an array; -1 when the walk leaves the tree.
 * @param {any} root
 * @param {string} pointer of at most 50 tokens
 */
export function shape(root, pointer) {
  let bits = 0;
  let here = root;
  let bit = 1;
  for (const token of tokensOf(pointer)) {
    if (!isContainer(here)) return -1;
    if (Array.isArray(here)) bits += bit;
    here = child(here, token);
    bit *= 2;
  }
  return here === undefined ? bits : bits + PRESENT;
}

/**
 * What stands at a pointer, or undefined. What a tree has not shared it may still edit in place.
 * @param {any} root
 * @param {string} pointer
 */
export function get(root, pointer) {
  let here = root;
  for (const token of tokensOf(pointer)) {
    if (!isContainer(here)) return undefined;
    here = child(here, token);
  }
  return here;
}

/** The tree's own copy of a container. @param {Tree} tree @param {any} container */
function own(tree, container) {
  if (tree.owned.has(container)) return container;
  const copy = Array.isArray(container) ? container.slice() : { ...container };
  tree.owned.add(copy);
  return copy;
}

/**
 * Ends edit-in-place when a container of the tree's own is put into a slot: it may stand in a
 * second place, or in an operation that is kept, and an edit of one would change the other.
 * @param {Tree} tree
 * @param {any} value
 */
function disown(tree, value) {
  if (tree.owned.has(value)) tree.owned = new WeakSet();
}

/**
 * Changes one slot: 0 sets what is there, 1 makes a member, 2 inserts an element, 3 removes.
 * Returns what stood there (0, 3) or true (1, 2); undefined when the edit does not fit its slot,
 * and then nothing has changed.
 * @param {Tree} tree
 * @param {number} kind
 * @param {string} pointer
 * @param {any} value
 */
export function edit(tree, kind, pointer, value) {
  const before = tree.root;
  if (pointer === "") {
    if (kind !== 0 || !isContainer(value)) return undefined;
    disown(tree, value);
    tree.root = value;
    return before;
  }
  const tokens = tokensOf(pointer);
  const last = /** @type {string} */ (tokens.pop());
  let parent = before;
  for (const token of tokens) {
    parent = child(parent, token);
    if (!isContainer(parent)) return undefined;
  }
  const list = Array.isArray(parent);
  const found = child(parent, last);
  if (
    kind === 2
      ? !list || !isIndex(last) || +last > parent.length
      : (kind === 1) !== (found === undefined)
  ) {
    return undefined;
  }
  if ((kind === 1 && list) || last === "__proto__") return undefined;
  // The slot fits; now the containers on the way become the tree's own.
  if (kind !== 3) disown(tree, value);
  let here = (tree.root = own(tree, before));
  for (const token of tokens) here = here[token] = own(tree, here[token]);
  if (kind === 2) here.splice(+last, 0, value);
  else if (kind !== 3) here[last] = value;
  else if (list) here.splice(+last, 1);
  else delete here[last];
  return kind === 0 || kind === 3 ? found : true;
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
    if (Array.isArray(left) !== Array.isArray(right)) return false;
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(right, key)) return false;
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
  if (typeof value === "object") return Array.isArray(value) ? 4 : 5;
  return typeof value === "boolean" ? 1 : typeof value === "number" ? 2 : 3;
}

/** Elements of an array, code units of a string, else 0. @param {any} value */
export function len(value) {
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
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

/** Bytes of a value as JSON in UTF-8, at most. @param {any} value */
export function jsonBytes(value) {
  // The longest is like -0.0000012345678901234567.
  if (typeof value === "number") return 25;
  if (typeof value === "boolean" || value === null) return 5;
  const text = JSON.stringify(value);
  // Only a long text is worth counting.
  return text.length < 10000 ? text.length * 3 : new TextEncoder().encode(text).length;
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
  const list = Array.isArray(value);
  for (const key of Object.keys(value)) {
    if (key === "__proto__") return 3;
    if (key.length > KEY_UNITS_MAX) return 5;
    const broken = (list || isWell(key) ? 0 : 2) || check(value[key], depth + 1);
    if (broken) return broken;
  }
  return 0;
}

/** Whether a string has no lone surrogate. @param {string} text */
function isWell(text) {
  const modern = /** @type {any} */ (text).isWellFormed;
  return modern ? modern.call(text) : !/\p{Surrogate}/u.test(text);
}
