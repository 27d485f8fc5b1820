// @ts-check
// Records what a recipe does to a document, as JSON Patch operations with typed paths.
//
// A draft is a Proxy over a container, which is copied at the first look into it; the copy holds
// drafts where the recipe has looked, else what the old document holds. No write is logged: the
// operations are derived afterwards from old and new containers. What a thing *is* is its identity,
// and that of a draft is the container it was made for.

import { alive, checkKey, clean, fail, pointerOf, setErrors } from "./check.js";
import { derive } from "./compare.js";
import { STATE, now, own, pathOf, stateOf } from "./state.js";
import { has, isArray, isContainer } from "./values.js";

export { clean };

/** @import { Run } from "./compare.js" */
/** @import { Container, Json, Scope, State } from "./state.js" */

/**
 * Runs a recipe on a draft of `root`.
 * @param {any} root
 * @param {((draft: any) => unknown) & { errorOf?: (fault: object) => unknown }} recipe
 * @param {number} opsMax above it, one `replace` says it all
 * @returns {{ root: any, ops: Run["ops"], text: () => any[] } | undefined} undefined when nothing
 *   has changed; `text` writes the operations as RFC 6902 has them
 */
export function record(root, recipe, opsMax) {
  setErrors(recipe.errorOf);
  /** @type {Scope} */
  const scope = { live: true, writes: 0, made: new Set(), opened: new Set(), sieved: new Set() };
  try {
    const top = draft(scope, root);
    const whole = accept(top, recipe(top.proxy));
    const done = whole
      ? { root: whole, ops: [{ op: "replace", path: [], value: whole }] }
      : derive(top, opsMax);
    return done && { ...done, text: textOf(done.ops) };
  } finally {
    scope.live = false;
  }
}

/** Writes operations when it is called: nearly nobody asks. @param {Run["ops"]} ops */
function textOf(ops) {
  return () =>
    ops.map(({ op, from, path, value }) => ({
      op,
      ...(from && { from: pointerOf(from) }),
      path: pointerOf(path),
      ...(value !== undefined && { value }),
    }));
}

/**
 * @param {Scope} scope
 * @param {Container} base
 * @param {State} [home]
 * @param {any} [at]
 * @returns {State}
 */
function draft(scope, base, home, at) {
  const fresh = !!home && (home.fresh || scope.made.has(base));
  if (fresh) scope.opened.add(base);
  const length = isArray(base) ? base.length : 0;
  /** @type {State} */
  const state = {
    scope,
    base,
    copy: fresh ? base : undefined,
    fresh,
    proxy: undefined,
    first: home,
    home,
    at,
    end: home ? now(home).length - at : 0,
    kids: undefined,
    keys: undefined,
    head: length,
    tail: length,
    shuffled: false,
  };
  state.proxy = new Proxy(isArray(base) ? /** @type {any} */ ([state]) : state, traps);
  if (home) (home.kids ??= []).push(state);
  return state;
}

/** What the recipe sees of a value. @param {State} state @param {any} value @param {any} at */
function seen(state, value, at) {
  return isContainer(value) && !value[STATE] ? draft(state.scope, value, state, at).proxy : value;
}

/** Notes which elements stay untouched. @param {State} list @param {number} head @param {number} tail */
function touch(list, head, tail) {
  list.scope.writes++;
  list.head = Math.min(list.head, head);
  list.tail = Math.min(list.tail, tail);
}

/** What is kept of a value that the recipe gives. @param {State} state @param {any} value @param {any} at @param {any} [old] */
function take(state, value, at, old) {
  if (value === null || typeof value === "boolean") return value;
  const { scope } = state;
  const known = stateOf(value);
  if (known?.scope === scope) return value;
  const path = [...pathOf(state), at];
  const before = stateOf(old);
  if (!known && isArray(value) && isArray(old)) {
    const base = before ? before.base : old;
    const list = !scope.made.has(base) && !(before ?? state).fresh && draft(scope, base, state, at);
    if (list && relist(list, value)) return list.proxy;
  }
  const copy = clean(value, path);
  if (copy !== value) scope.made.add(copy);
  return copy;
}

/**
 * Gives a list new elements; those that were in it stay what they are.
 * @param {State} list
 * @param {any[]} items
 * @returns {boolean} whether it is still that list, and not another one
 */
function relist(list, items) {
  const known = new Set(list.base);
  let alike = !items.length && (!list.base.length || list.scope.sieved.has(items));
  list.copy = clean(items, pathOf(list), [], (item, i) => {
    alike ||= known.has(item) || !!stateOf(item);
    return known.has(item) ? item : take(list, item, i);
  });
  list.shuffled = list.given = true;
  touch(list, 0, 0);
  return alike;
}

/**
 * Puts a returned new state into the draft of the root.
 * @param {State} top
 * @param {any} answer
 * @returns {Json} a new root when it has nothing in common with the old one
 */
function accept(top, answer) {
  const known = stateOf(answer);
  if (answer === undefined || known === top) return undefined;
  if (!known && typeof answer?.then === "function") {
    // What the rest of its body says about the dead draft is said below.
    if (answer instanceof Promise) answer.catch(() => {});
    fail("async-recipe");
  }
  if (top.scope.writes) fail("mutate-and-return");
  if (!isContainer(answer)) fail("root", []);
  const value = known ? clean(answer, []) : answer;
  if (isArray(value) !== isArray(top.base)) return clean(value, []);
  if (isArray(value)) return relist(top, value) ? undefined : clean(value, []);
  /** @type {Record<string, any>} */
  const members = clean(value, [], [], (member) => member);
  for (const key of Object.keys(now(top))) if (!has(members, key)) delete top.proxy[key];
  Object.assign(top.proxy, members);
  return undefined;
}

/** @param {any} target of a proxy */
const open = (target) => alive(target[0] ?? target);

/** @type {ProxyHandler<any>} */
const traps = {
  get(target, key) {
    const state = /** @type {State} */ (target[0] ?? target);
    if (key === STATE) return state;
    const from = now(alive(state));
    const list = isArray(from);
    const value = from[/** @type {any} */ (key)];
    if (list && key in methods) return methods[/** @type {any} */ (key)];
    if (!isContainer(value) || value[/** @type {any} */ (STATE)] || !has(from, key)) return value;
    return (own(state)[key] = seen(state, value, list ? Number(key) : key));
  },
  set(target, key, value) {
    const state = open(target);
    const copy = own(state);
    if (isArray(copy))
      return setItem(state, /** @type {any} */ (copy), /** @type {any} */ (key), value);
    if (value === undefined) return traps.deleteProperty?.(target, key) ?? true;
    const old = has(copy, key) ? copy[key] : undefined;
    if (old === value) return true;
    if (!has(copy, key)) checkKey(key, pathOf(state));
    copy[key] = take(state, value, key, old);
    (state.keys ??= new Set()).add(/** @type {string} */ (key));
    state.scope.writes++;
    return true;
  },
  deleteProperty(target, key) {
    const state = open(target);
    const copy = own(state);
    if (!has(copy, key)) return true;
    if (isArray(copy)) touch(state, Number(key), copy.length - 1 - Number(key));
    else state.scope.writes++;
    (state.keys ??= new Set()).add(/** @type {string} */ (key));
    return delete copy[key];
  },
  defineProperty(target, key, { get, set, value }) {
    if (get || set) fail("accessor", [...pathOf(open(target)), key]);
    return traps.set?.(target, key, value, target) ?? true;
  },
  has: (target, key) => key in now(open(target)),
  ownKeys: (target) => Reflect.ownKeys(now(open(target))),
  getOwnPropertyDescriptor(target, key) {
    const from = now(open(target));
    const fixed = isArray(from) && key === "length";
    if (!has(from, key)) return undefined;
    const value = traps.get?.(target, key, target);
    return { value, writable: true, enumerable: !fixed, configurable: !fixed };
  },
  setPrototypeOf: () => false,
  preventExtensions: () => false,
};

/** @param {State} list @param {any[]} copy @param {string} key @param {any} value */
function setItem(list, copy, key, value) {
  const { length } = copy;
  if (key === "length") {
    copy.length = value;
    if (copy.length !== length) touch(list, Math.min(length, copy.length), 0);
    return true;
  }
  const i = Number(key);
  if (String(i >>> 0) !== key) fail("not-json", [...pathOf(list), key], "array property");
  if (i < length && copy[i] === value && value !== undefined) return true;
  copy[i] = take(list, value, i, copy[i]);
  touch(list, Math.min(i, length), Math.max(0, length - 1 - i));
  return true;
}

/** @param {any} value a relative index @param {number} length */
function clamp(value, length) {
  const index = Math.trunc(value) || 0;
  return index < 0 ? Math.max(0, length + index) : Math.min(index, length);
}

/** A method that puts elements into another order. @param {"sort" | "reverse" | "copyWithin" | "fill"} name */
const reorder = (name) =>
  /** @this {any} @param {any[]} args */
  function (...args) {
    const list = alive(this[STATE]);
    const copy = own(list);
    // Drafts, for whoever looks at an element here, or finds it twice, may write to it.
    const items = copy.map((/** @type {any} */ item, /** @type {number} */ i) =>
      seen(list, item, i),
    );
    if (name === "fill") args[0] = take(list, args[0], clamp(args[1], items.length));
    items[name](...args);
    items.forEach((/** @type {any} */ item, /** @type {number} */ i) => (copy[i] = item));
    list.shuffled = true;
    touch(list, 0, 0);
    return this;
  };

/**
 * What array methods do to the copy: one native call, and not a trap for each element.
 * @type {Record<string, ((this: any, ...args: any[]) => any) | null>}
 */
const methods = {
  __proto__: null,
  push(...items) {
    this.splice(this.length, 0, ...items);
    return this.length;
  },
  unshift(...items) {
    this.splice(0, 0, ...items);
    return this.length;
  },
  pop() {
    return this.splice(-1, 1)[0];
  },
  shift() {
    return this.splice(0, 1)[0];
  },
  splice(...args) {
    const list = alive(this[STATE]);
    const copy = own(list);
    const [from, count, ...items] = args;
    const start = clamp(from, copy.length);
    const taken = items.map((item, i) => take(list, item, start + i));
    args.splice(2, items.length, ...taken);
    const { length } = copy;
    const out = copy.splice(...args);
    if (out.length || taken.length) {
      touch(list, start, length - start - out.length);
      list.shuffled = true;
    }
    return out.map((/** @type {any} */ item, /** @type {number} */ i) =>
      seen(list, item, start + i),
    );
  },
  sort: reorder("sort"),
  reverse: reorder("reverse"),
  copyWithin: reorder("copyWithin"),
  fill: reorder("fill"),
  filter(test, self) {
    /** @type {any[]} */
    const left = Array.prototype.filter.call(this, test, self);
    this[STATE].scope.sieved.add(left);
    return left;
  },
};
