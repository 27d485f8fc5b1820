// @ts-check
// Copy along a path: the host tree in the browser. Four edits of one slot, and no operation.
//
// A tree is an immutable root and the containers made since anybody was given that root: those
// are its own and are edited in place, so that a burst copies a large array once.

import { DEPTH_MAX, has, isArray, isContainer } from "./values.js";

export * from "./values.js";

/** @typedef {{ root: any, owned: WeakSet<any> | undefined, edited: boolean }} Tree */

/** Bit of `shape` that says that a value stands at the end. */
const PRESENT = 2 ** 32;

/** @param {any} root @returns {Tree} */
export function tree(root) {
  return { root, owned: undefined, edited: false };
}

/** @param {Tree} tree */
export function rootOf(tree) {
  return tree.root;
}

/** Whether the tree was edited since this was asked last. @param {Tree} tree */
export function wasEdited(tree) {
  const { edited } = tree;
  tree.edited = false;
  return edited;
}

/**
 * Gives the root away: from here on nothing in it is edited in place.
 * @param {Tree} tree
 */
export function share(tree) {
  tree.owned = undefined;
  return tree.root;
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
  if (isArray(container)) {
    return isIndex(token) && +token < container.length ? container[+token] : undefined;
  }
  return has(container, token) ? container[token] : undefined;
}

/**
 * Walks a pointer: bit i says that token `from` + i is read in an array, for i below 32; -1 when
 * the walk leaves the tree.
 * @param {any} root
 * @param {string} pointer
 * @param {number} from
 */
export function shape(root, pointer, from) {
  let bits = 0;
  let here = root;
  let bit = 2 ** -from;
  const tokens = tokensOf(pointer);
  if (tokens.length > DEPTH_MAX) return -1; // Nothing can stand there.
  for (const token of tokens) {
    if (!isContainer(here)) return -1;
    if (isArray(here) && bit >= 1 && bit < PRESENT) bits += bit;
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
  if (tree.owned?.has(container)) return container;
  const copy = isArray(container) ? container.slice() : { ...container };
  (tree.owned ??= new WeakSet()).add(copy);
  return copy;
}

/**
 * Ends edit-in-place when a container of the tree's own is put into a slot: it may stand in a
 * second place, or in an operation that is kept, and an edit of one would change the other.
 * @param {Tree} tree
 * @param {any} value
 */
function disown(tree, value) {
  // What is the tree's own stands in what is its own.
  if (tree.owned?.delete(value)) for (const key in value) disown(tree, value[key]);
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
    tree.edited = true;
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
  const list = isArray(parent);
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
  tree.edited = true;
  if (kind !== 3) disown(tree, value);
  let here = (tree.root = own(tree, before));
  for (const token of tokens) here = here[token] = own(tree, here[token]);
  if (kind === 2) here.splice(+last, 0, value);
  else if (kind !== 3) here[last] = value;
  else if (list) here.splice(+last, 1);
  else delete here[last];
  return kind === 0 || kind === 3 ? found : true;
}

/**
 * Puts parts of an older tree in the place of equal ones that are this tree's own, so that what
 * has not changed stays the same object. Looks only into what was copied, and only once.
 * @param {Tree} tree
 * @param {Tree} old
 */
export function keep(tree, old) {
  if (!tree.owned) return;
  tree.root = kept(tree.owned, tree.root, old.root);
  if (tree.root === old.root) tree.edited = old.edited;
}

/**
 * The older one of two values when they are equal, else the newer one with older parts in it.
 * @param {WeakSet<any>} owned
 * @param {any} value
 * @param {any} old
 */
function kept(owned, value, old) {
  if (!isContainer(old) || !isContainer(value) || !owned.has(value)) return value;
  if (isArray(old) !== isArray(value)) return value;
  return isArray(value) ? keptList(owned, value, old) : keptMembers(owned, value, old);
}

/** @param {WeakSet<any>} owned @param {any[]} list @param {any[]} old */
function keptList(owned, list, old) {
  const further = old.length - list.length;
  // Behind elements that came or went, the others stand so much further on.
  let shift = 0;
  for (let at = 0; at < list.length; at++) {
    if (list[at] === old[at + shift]) continue;
    if (!owned.has(list[at])) shift = further;
    else {
      for (const was of further ? [old[at + shift], old[at + further - shift]] : [old[at]]) {
        // One that stands elsewhere in the list is not this one.
        if (!list.includes(was)) list[at] = kept(owned, list[at], was);
      }
    }
  }
  return !further && list.every((child, at) => child === old[at]) ? old : list;
}

/** @param {WeakSet<any>} owned @param {any} object @param {any} old */
function keptMembers(owned, object, old) {
  const keys = Object.keys(object);
  let same = keys.length === Object.keys(old).length;
  for (const key of keys) {
    if (has(old, key)) object[key] = kept(owned, object[key], old[key]);
    same &&= has(old, key) && object[key] === old[key];
  }
  return same ? old : object;
}
