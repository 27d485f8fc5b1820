// @ts-check
// Records what a recipe does to a document, as operations of JSON Patch with typed paths.
//
// A draft is a Proxy over a container. It copies the container at the first write, and the copy
// holds the containers of the old document themselves ("raw"), never drafts. So what a thing is, is
// told by `===`, and the operations are derived afterwards from old and new: `plan` finds where
// every known container now stands, `emit` goes down the new tree and writes the operations, while
// `sites` keep the order that the document has when those before have been applied.

/** @typedef {Record<string, any>} Any */
/**
 * One container that the recipe has reached.
 * @typedef {object} State
 * @property {Scope} scope
 * @property {any} base the container before the recipe (of a literal: as it was given)
 * @property {any} copy the same after a write; holds raw containers
 * @property {any} proxy
 * @property {boolean} fresh made by the recipe: no operation can point into it
 * @property {State | undefined} up where it stood first; of old ones, in the old document
 * @property {State | undefined} via through which it was reached last, and `key` there
 * @property {any} key
 * @property {State[] | undefined} parents others that hold or held it
 * @property {Set<State> | undefined} kids what was reached through it
 * @property {Set<string> | undefined} touched members written or deleted
 * @property {number} lo elements at the front that no write has touched
 * @property {number} suf elements at the end that no write has touched
 * @property {number} depth containers above it; checked so far
 * @property {boolean} dirty it, or something in it, was written to
 * @property {boolean} given a recipe put it somewhere itself
 * @property {boolean} sieved the result of `filter`
 * @property {number} walk 0 not planned, 1 being planned, 2 planned
 * @property {State | undefined} place the old container that holds it in the new document
 * @property {[any, State][] | undefined} stand its children of interest in the new document
 * @property {boolean} busy something inside moves out
 * @property {boolean} done moved, or written as a literal
 * @property {State | undefined} loc where it stands while operations are written, and `pos` there
 * @property {any} pos
 * @property {number[] | undefined} cur the order of the touched elements: old index, or negative
 * @property {Uint8Array | undefined} kept which of the touched old elements stay
 * @property {string[] | undefined} late members to be written when all moves are done
 */
/**
 * One run of `record`.
 * @typedef {object} Scope
 * @property {boolean} live
 * @property {Map<any, State>} drafts by raw container
 * @property {Set<any>} fresh the literals given by the recipe
 * @property {Set<any>} sieved arrays that `filter` gave out
 * @property {State[]} moved
 * @property {State[]} late
 * @property {Any[]} ops
 * @property {number} count of operations, also of those not kept
 * @property {number} max
 * @property {any[] | undefined} shared the longest path that all operations stand below
 */

const DEPTH_MAX = 64;
const KEY_UNITS_MAX = 1024;
const STRING_UNITS_MAX = 524288;
/** The key under which a draft tells its state. */
const STATE = /* @__PURE__ */ Symbol();

const hasOwn = Object.hasOwn;
/** @type {(value: unknown) => value is Any} */
const isContainer = (value) => typeof value === "object" && value !== null;
/** @param {any} value @returns {State | undefined} */
const stateOf = (value) => (isContainer(value) ? value[/** @type {any} */ (STATE)] : undefined);
/** @param {State} state */
const now = (state) => state.copy ?? state.base;

/**
 * Runs a recipe on a draft of `root`.
 * @param {any} root
 * @param {(draft: any) => unknown} recipe
 * @param {number} opsMax
 * @returns {{ root: any, ops: Any[] } | undefined} undefined when nothing has changed
 */
export function record(root, recipe, opsMax) {
  /** @type {Scope} */
  const scope = {
    live: true,
    drafts: new Map(),
    fresh: new Set(),
    sieved: new Set(),
    moved: [],
    late: [],
    ops: [],
    count: 0,
    max: opsMax,
    shared: undefined,
  };
  const top = draftOf(scope, root, undefined, "");
  let whole;
  try {
    whole = takeResult(top, recipe(top.proxy));
  } finally {
    scope.live = false;
  }
  if (whole) return { root: whole, ops: [{ op: "replace", path: [], value: whole }] };
  if (!top.dirty) return undefined;
  plan(top, 0);
  for (const state of scope.moved) {
    if (state.place === state.up) continue;
    for (let at = state.up; at && !at.busy; at = at.up) at.busy = true;
  }
  const after = emit(top);
  for (const state of scope.late) finish(state);
  if (scope.count > opsMax) {
    const path = /** @type {any[]} */ (scope.shared);
    const value = path.reduce((at, key) => at[key], after);
    return { root: after, ops: [{ op: "replace", path, value }] };
  }
  return scope.count ? { root: after, ops: scope.ops } : undefined;
}

/**
 * A checked deep copy of plain JSON from user code.
 * @param {unknown} value
 * @param {(string | number)[]} path where it will stand
 * @returns {any}
 */
export function clean(value, path) {
  /** @type {any} */
  let link = {};
  for (const key of path) link = { up: link, key };
  return copyOf(undefined, value, link, path.length, []);
}

// -------------------------------------------------------------------------------- what comes in

/**
 * @param {string} reason
 * @param {any} link a chain of `{ up, key }`, or a state
 * @param {string} [kind]
 * @returns {never}
 */
function fail(reason, link, kind) {
  let path = "";
  // Drafts put into each other make a ring, so the steps are counted.
  for (let at = link, n = 0; at && (at.via ?? at.up) && n <= DEPTH_MAX; at = at.via ?? at.up, n++) {
    path = "/" + String(at.key).replace(/~/g, "~0").replace(/\//g, "~1") + path;
  }
  throw { draftsync: 1, code: "invalid-patch", reason, path, ...(kind && { kind }) };
}

/** @param {string} text @param {any} link @param {number} max @param {string} reason */
function checkText(text, link, max, reason) {
  if (text.length > max) fail(reason, link);
  // @ts-ignore: younger than some browsers that we serve
  if (text.isWellFormed ? !text.isWellFormed() : /\p{Cs}/u.test(text)) fail("lone-surrogate", link);
}

/** @param {string | symbol} key @param {any} link */
function checkKey(key, link) {
  if (typeof key === "symbol") fail("not-json", link, "symbol");
  if (key === "__proto__") fail("proto-key", link);
  checkText(key, link, KEY_UNITS_MAX, "key-too-long");
}

/** @param {any} value @param {any} link */
function scalar(value, link) {
  const type = typeof value;
  if (type === "string") checkText(value, link, STRING_UNITS_MAX, "string-too-long");
  else if (type === "number") {
    if (!Number.isFinite(value)) fail("not-json", link, value ? "Infinity" : "NaN");
    return value + 0; // -0 becomes 0
  } else if (value !== null && type !== "boolean") {
    fail("not-json", link, type === "bigint" ? "BigInt" : type);
  }
  return value;
}

/**
 * The members of a plain object or array. No getter of it is called.
 * @param {any} value
 * @param {any} link
 * @returns {[any, any][]}
 */
function membersOf(value, link) {
  const list = Array.isArray(value);
  const proto = Object.getPrototypeOf(value);
  if (list ? !Array.isArray(proto) : proto && Object.getPrototypeOf(proto)) {
    const known = [Date, Map, Set].find((type) => value instanceof type);
    fail("not-json", link, known ? known.name : "class instance");
  }
  const keys = Reflect.ownKeys(value);
  const length = list ? value.length : 0;
  /** @type {[any, any][]} */
  const members = [];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (list && i < length && key !== String(i)) fail("sparse", { up: link, key: i });
    if (list && key === "length") continue;
    if (!list || i >= length) checkKey(key, { up: link, key });
    if (list && i >= length) fail("not-json", { up: link, key }, "array property");
    const found = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(value, key));
    if (!found.enumerable) continue;
    if (!("value" in found)) fail("accessor", { up: link, key });
    if (list || found.value !== undefined) members.push([list ? i : key, found.value]);
  }
  return members;
}

/**
 * @param {Scope | undefined} scope whose drafts may stand in the value
 * @param {any} value
 * @param {any} link
 * @param {number} depth containers above it
 * @param {any[]} above
 * @returns {any}
 */
function copyOf(scope, value, link, depth, above) {
  if (!isContainer(value)) return scalar(value, link);
  const state = stateOf(value);
  if (state && state.scope === scope) return snapshot(scope, state.base, link, depth, above);
  enter(value, link, depth, above);
  /** @type {any} */
  const copy = Array.isArray(value) ? [] : {};
  for (const [key, member] of membersOf(value, link)) {
    copy[key] = copyOf(scope, member, { up: link, key }, depth + 1, above);
  }
  above.pop();
  return copy;
}

/**
 * A deep copy of what stands behind a raw container now.
 * @param {Scope} scope
 * @param {any} raw
 * @param {any} link
 * @param {number} depth
 * @param {any[]} above
 * @returns {any}
 */
function snapshot(scope, raw, link, depth, above) {
  if (!isContainer(raw)) return raw;
  enter(raw, link, depth, above);
  const state = scope.drafts.get(raw);
  const from = state ? now(state) : raw;
  /** @type {any} */
  const copy = Array.isArray(from) ? [] : {};
  for (const key of Object.keys(from)) {
    copy[key] = snapshot(scope, from[key], { up: link, key }, depth + 1, above);
  }
  above.pop();
  return copy;
}

/** @param {any} value @param {any} link @param {number} depth @param {any[]} above */
function enter(value, link, depth, above) {
  if (above.includes(value)) fail("cycle", link);
  if (depth >= DEPTH_MAX) fail("too-deep", link);
  above.push(value);
}

/**
 * What a container keeps of a value that the recipe gives it.
 * @param {State} state
 * @param {any} value
 * @param {any} key
 */
function take(state, value, key) {
  const { scope } = state;
  const link = { up: state, key };
  if (!isContainer(value)) return scalar(value, link);
  const known = taken(state, value);
  if (known) return known;
  let raw;
  if (Array.isArray(value) && !value[/** @type {any} */ (STATE)]) {
    // Items keep what they are, so that a filtered or sorted array is no new one.
    const items = membersOf(value, link);
    const list = items.some(([, item]) => stateOf(item)?.scope === scope);
    if (list || scope.sieved.has(value)) {
      if (state.depth + 1 >= DEPTH_MAX) fail("too-deep", link);
      raw = /** @type {any[]} */ ([]);
      scope.fresh.add(raw);
      const made = draftOf(scope, raw, state, key);
      made.copy = raw;
      made.dirty = true;
      made.sieved = scope.sieved.has(value);
      for (const [i, item] of items) {
        const at = { up: link, key: i };
        raw.push(taken(made, item) ?? copyItem(made, item, at, [value]));
      }
      return raw;
    }
  }
  raw = copyOf(scope, value, link, state.depth + 1, []);
  scope.fresh.add(raw);
  return raw;
}

/** @param {State} list @param {any} item @param {any} link @param {any[]} above */
function copyItem(list, item, link, above) {
  const raw = copyOf(list.scope, item, link, list.depth + 1, above);
  if (isContainer(raw)) list.scope.fresh.add(raw);
  return raw;
}

/** The raw container of a draft of this recipe. @param {State} state @param {any} value */
function taken(state, value) {
  const known = stateOf(value);
  if (!known || known.scope !== state.scope) return undefined;
  known.given = true;
  // The plan shall see whether it stays where it was as well.
  if (known.up) mark(known.up);
  heldBy(known, state);
  return known.base;
}

/**
 * A returned new state, put into the draft of the root member by member.
 * @param {State} top
 * @param {any} result
 * @returns {any} the new root where it has nothing in common with the old one
 */
function takeResult(top, result) {
  if (result === undefined || result === top.proxy) return undefined;
  const link = {};
  if (!stateOf(result) && typeof result?.then === "function") {
    // What the rest of its body throws on the dead draft has been said by the error below.
    result.then(undefined, () => {});
    fail("async-recipe", link);
  }
  if (top.dirty) fail("mutate-and-return", link);
  if (!isContainer(result)) fail("root", link);
  const list = Array.isArray(result);
  if (list !== Array.isArray(top.base)) return copyOf(top.scope, result, link, 0, []);
  if (list) {
    const items = membersOf(result, link).map(([i, item]) => take(top, item, i));
    const sieved = top.scope.sieved.has(result);
    if (!sieved && !sharing(top.base, items)) return copyOf(top.scope, result, link, 0, []);
    range(top, 0, 0);
    top.copy = items;
    return undefined;
  }
  const members = new Map(membersOf(result, link));
  for (const key of Object.keys(top.base)) if (!members.has(key)) drop(top, key);
  for (const [key, value] of members) put(top, key, value);
  return undefined;
}

/** Whether a list is rather a changed one than a new one. @param {any[]} olds @param {any[]} news */
function sharing(olds, news) {
  if (!olds.length && !news.length) return true;
  const known = new Set(olds);
  return news.some((item) => known.has(item));
}

// ------------------------------------------------------------------------------------- the draft

/**
 * The one draft of a raw container, reached through `via` at `key`.
 * @param {Scope} scope
 * @param {any} raw
 * @param {State | undefined} via
 * @param {any} key
 * @returns {State}
 */
function draftOf(scope, raw, via, key) {
  let state = scope.drafts.get(raw);
  if (!state) {
    state = {
      scope,
      base: raw,
      copy: undefined,
      proxy: undefined,
      fresh: !!via && (via.fresh || scope.fresh.has(raw)),
      up: via,
      via,
      key,
      parents: undefined,
      kids: undefined,
      touched: undefined,
      lo: Infinity,
      suf: Infinity,
      depth: via ? via.depth + 1 : 0,
      dirty: false,
      given: false,
      sieved: false,
      walk: 0,
      place: undefined,
      stand: undefined,
      busy: false,
      done: false,
      loc: undefined,
      pos: undefined,
      cur: undefined,
      kept: undefined,
      late: undefined,
    };
    state.proxy = new Proxy(Array.isArray(raw) ? /** @type {any} */ ([state]) : state, traps);
    scope.drafts.set(raw, state);
  }
  state.via = via;
  state.key = key;
  if (via) {
    (via.kids ??= new Set()).add(state);
    heldBy(state, via);
    if (state.dirty) mark(via);
  }
  return state;
}

/** What the recipe sees of a member. @param {State} state @param {any} key @param {any} value */
function shown(state, key, value) {
  return isContainer(value) ? draftOf(state.scope, value, state, key).proxy : value;
}

/** @param {State} state */
function mark(state) {
  if (state.dirty) return;
  state.dirty = true;
  if (state.up) mark(state.up);
  state.parents?.forEach(mark);
}

/** @param {State} state @param {State} parent */
function heldBy(state, parent) {
  if (parent === state.up || state.parents?.includes(parent)) return;
  (state.parents ??= []).push(parent);
}

/** The copy of a container, which may be written. @param {State} state */
function own(state) {
  mark(state);
  return (state.copy ??= Array.isArray(state.base) ? state.base.slice() : { ...state.base });
}

/** Narrows what no write has touched. @param {State} list @param {number} lo @param {number} suf */
function range(list, lo, suf) {
  list.lo = Math.min(list.lo, lo);
  list.suf = Math.min(list.suf, suf);
  return own(list);
}

/** @param {State} state @param {string} key */
function drop(state, key) {
  if (!hasOwn(now(state), key)) return;
  (state.touched ??= new Set()).add(key);
  delete own(state)[key];
}

/** @param {State} state @param {any} key @param {any} value */
function put(state, key, value) {
  const link = { up: state, key };
  const list = Array.isArray(state.base);
  if (list && typeof key === "string") {
    const length = now(state).length;
    if (key === "length") return resize(state, value, length);
    const index = Number(key);
    if (String(index) !== key || !(index >= 0) || index % 1)
      fail("not-json", link, "array property");
    if (index > length) fail("sparse", link);
    const raw = take(state, value, index);
    if (now(state)[index] === raw && index < length) return;
    range(state, index, Math.max(0, length - 1 - index))[index] = raw;
    return;
  }
  checkKey(key, link);
  if (value === undefined) return drop(state, key);
  const raw = take(state, value, key);
  if (hasOwn(now(state), key) && now(state)[key] === raw) return;
  (state.touched ??= new Set()).add(key);
  own(state)[key] = raw;
}

/** @param {State} list @param {any} value @param {number} length */
function resize(list, value, length) {
  const size = Number(value);
  if (!(size >= 0 && size <= length) || size % 1) fail("sparse", { up: list, key: "length" });
  if (size < length) range(list, size, 0).length = size;
}

/** @param {any} target @returns {State} */
function live(target) {
  const state = Array.isArray(target) ? target[0] : target;
  if (!state.scope.live) fail("dead-draft", state);
  return state;
}

/** @type {ProxyHandler<any>} */
const traps = {
  get(target, key) {
    if (key === STATE) return Array.isArray(target) ? target[0] : target;
    const state = live(target);
    const from = now(state);
    if (hasOwn(from, key)) return shown(state, key, from[key]);
    if (Array.isArray(from) && hasOwn(methods, key)) return methods[/** @type {any} */ (key)];
    return from[key];
  },
  set(target, key, value) {
    put(live(target), key, value);
    return true;
  },
  deleteProperty(target, key) {
    const state = live(target);
    if (Array.isArray(state.base)) {
      if (hasOwn(now(state), key)) fail("sparse", { up: state, key });
    } else drop(state, /** @type {string} */ (key));
    return true;
  },
  has: (target, key) => key in now(live(target)),
  ownKeys: (target) => Reflect.ownKeys(now(live(target))),
  getOwnPropertyDescriptor(target, key) {
    const state = live(target);
    const found = Object.getOwnPropertyDescriptor(now(state), key);
    if (!found) return undefined;
    const fixed = Array.isArray(state.base) && key === "length";
    return {
      value: shown(state, key, found.value),
      writable: true,
      enumerable: !fixed,
      configurable: !fixed,
    };
  },
  getPrototypeOf: (target) => Object.getPrototypeOf(now(live(target))),
  defineProperty: (target, key) => fail("accessor", { up: live(target), key }),
  setPrototypeOf: (target) => fail("not-json", live(target), "class instance"),
  preventExtensions: () => false,
};

/** @param {State} list */
const showAll = (list) =>
  now(list).map((/** @type {any} */ item, /** @type {number} */ i) => shown(list, i, item));

/** @param {State} list @param {any[]} items @param {number} at */
const takeAll = (list, items, at) => items.map((item, i) => take(list, item, at + i));

/** A relative index as arrays read it. @param {any} value @param {number} length */
function clamp(value, length) {
  const index = Math.trunc(Number(value)) || 0;
  return index < 0 ? Math.max(0, length + index) : Math.min(index, length);
}

/** @param {any} draft */
function listOf(draft) {
  const list = stateOf(draft);
  if (!list || !Array.isArray(list.base))
    throw new TypeError("this method is for arrays of a draft");
  return live(list);
}

/** @param {State} list @param {number} start @param {number} count @param {any[]} items */
function cut(list, start, count, items) {
  const length = now(list).length;
  const raws = takeAll(list, items, start);
  if (!count && !raws.length) return [];
  const gone = now(list).slice(start, start + count);
  const shownGone = gone.map((/** @type {any} */ raw, /** @type {number} */ i) =>
    shown(list, start + i, raw),
  );
  range(list, start, length - start - count).splice(start, count, ...raws);
  return shownGone;
}

/**
 * The methods that would trap once an item; run on the copy itself.
 * @type {Record<string, (this: any, ...args: any[]) => any>}
 */
const methods = {
  push(...items) {
    const list = listOf(this);
    cut(list, now(list).length, 0, items);
    return now(list).length;
  },
  unshift(...items) {
    const list = listOf(this);
    cut(list, 0, 0, items);
    return now(list).length;
  },
  pop() {
    const list = listOf(this);
    const { length } = now(list);
    return length ? cut(list, length - 1, 1, [])[0] : undefined;
  },
  shift() {
    const list = listOf(this);
    return now(list).length ? cut(list, 0, 1, [])[0] : undefined;
  },
  splice(...args) {
    const list = listOf(this);
    const { length } = now(list);
    const start = clamp(args[0], length);
    const most = args.length ? length - start : 0;
    const count = args.length < 2 ? most : Math.max(0, Math.min(Math.trunc(args[1]) || 0, most));
    return cut(list, start, count, args.slice(2));
  },
  sort(compare) {
    const list = listOf(this);
    // Sorted aside: when the comparison throws, the draft is as it was.
    const sorted = showAll(list).sort(compare);
    arrangeAs(list, sorted);
    return this;
  },
  reverse() {
    const list = listOf(this);
    range(list, 0, 0).reverse();
    return this;
  },
  copyWithin(target, start, end) {
    const list = listOf(this);
    range(list, 0, 0).copyWithin(target, start, end);
    return this;
  },
  fill(value, start, end) {
    const list = listOf(this);
    const raw = take(list, value, clamp(start, now(list).length));
    range(list, 0, 0).fill(raw, start, end);
    return this;
  },
  filter(test, self) {
    const list = listOf(this);
    const left = showAll(list).filter((/** @type {any} */ item, /** @type {number} */ i) =>
      test.call(self, item, i, this),
    );
    list.scope.sieved.add(left);
    return left;
  },
};

/** @param {State} list @param {any[]} items of the list itself, in a new order */
function arrangeAs(list, items) {
  const raws = items.map((item) => stateOf(item)?.base ?? item);
  const old = now(list);
  if (raws.length === old.length && raws.every((raw, i) => raw === old[i])) return;
  range(list, 0, 0);
  list.copy = raws;
}

// -------------------------------------------------------------------------------------- the plan

/**
 * Goes down the new tree and notes where each known container stands.
 * @param {State} state
 * @param {number} depth
 */
function plan(state, depth) {
  if (state.walk === 1) fail("cycle", state);
  if (state.walk === 2 && depth <= state.depth) return;
  if (depth >= DEPTH_MAX) fail("too-deep", state);
  state.walk = 1;
  const sunk = depth > state.depth;
  if (sunk) state.depth = depth;
  adopt(state);
  if (Array.isArray(state.base)) trim(state);
  state.stand = standing(state);
  for (const [, kid] of state.stand) {
    if (!state.fresh && !kid.fresh) {
      if (!kid.place && kid.up !== state) state.scope.moved.push(kid);
      if (!kid.place || kid.up === state) kid.place = state;
    }
    if (kid.dirty) plan(kid, depth + 1);
    else if (depth + 1 > kid.depth) checkDepth(kid.base, kid, depth + 1);
  }
  if (sunk) {
    for (const raw of Object.values(now(state))) {
      if (!state.scope.drafts.get(raw)?.dirty) checkDepth(raw, state, depth + 1);
    }
  }
  state.walk = 2;
}

/** @param {any} raw @param {any} link @param {number} depth */
function checkDepth(raw, link, depth) {
  if (!isContainer(raw)) return;
  if (depth >= DEPTH_MAX) fail("too-deep", link);
  for (const member of Object.values(raw)) checkDepth(member, link, depth + 1);
}

/** Takes an array assigned over an array with items in common as the old one, changed. @param {State} state */
function adopt(state) {
  const { scope, base, copy } = state;
  if (!copy || state.fresh) return;
  const list = Array.isArray(base);
  const keys = list ? changedSpots(state) : (state.touched ?? []);
  for (const key of keys) {
    const old = hasOwn(base, key) ? base[key] : undefined;
    const next = hasOwn(copy, key) ? copy[key] : undefined;
    if (old === next || !Array.isArray(old) || !Array.isArray(next)) continue;
    const made = scope.drafts.get(next);
    if (!scope.fresh.has(next) || made?.given || scope.drafts.get(old)?.given) continue;
    if (list && (copy.includes(old) || copy.indexOf(next) !== copy.lastIndexOf(next))) continue;
    const items = made ? now(made) : next;
    if (!made?.sieved && !sharing(old, items)) continue;
    const kept = draftOf(scope, old, state, key);
    range(kept, 0, 0);
    kept.copy = items;
    copy[key] = old;
  }
}

/** Indices where an array stands over another array. @param {State} list */
function changedSpots({ base, copy, lo }) {
  const spots = [];
  for (let i = lo; i < Math.min(base.length, copy.length); i++) {
    if (base[i] !== copy[i] && Array.isArray(base[i]) && Array.isArray(copy[i])) spots.push(i);
  }
  return spots;
}

/** Makes `lo` and `suf` the longest equal beginning and end. @param {State} list */
function trim(list) {
  const { base, copy } = list;
  if (!copy) {
    list.lo = base.length;
    list.suf = 0;
    return;
  }
  const most = Math.min(base.length, copy.length);
  let lo = Math.min(list.lo, most);
  while (lo < most && base[lo] === copy[lo]) lo++;
  let suf = Math.min(list.suf, most - lo);
  while (suf < most - lo && base[base.length - 1 - suf] === copy[copy.length - 1 - suf]) suf++;
  list.lo = lo;
  list.suf = suf;
}

/** The drafts that stand in a container now, each with its key. @param {State} state */
function standing(state) {
  const { scope, base, copy } = state;
  const at = now(state);
  /** @type {[any, State][]} */
  const found = [];
  if (!Array.isArray(base)) {
    const keys = new Set(state.touched);
    for (const kid of state.kids ?? []) if (kid.up === state) keys.add(locate(kid).pos);
    for (const key of keys) {
      const kid = hasOwn(at, key) && scope.drafts.get(at[key]);
      if (kid) found.push([key, kid]);
    }
    return found;
  }
  const end = at.length - state.suf;
  for (const kid of (copy !== base && state.kids) || []) {
    if (kid.up !== state || !(kid.dirty || kid.given)) continue;
    const { pos } = locate(kid);
    if (pos < state.lo) found.push([pos, kid]);
    else if (pos >= base.length - state.suf) found.push([pos + at.length - base.length, kid]);
  }
  for (let i = copy === base ? 0 : state.lo; i < end; i++) {
    const kid = scope.drafts.get(at[i]);
    if (kid) found.push([i, kid]);
  }
  return found;
}

/** @param {any[]} items @param {State} kid @param {number} shift */
function indexIn(items, kid, shift) {
  const key = Number(kid.key);
  if (items[key] === kid.base) return key;
  if (items[key + shift] === kid.base) return key + shift;
  return items.indexOf(kid.base);
}

// -------------------------------------------------------------------------------- the operations

/** Where a known container stands now. @param {State} state */
function locate(state) {
  const { up, base, key } = state;
  if (state.loc || !up) return state;
  state.loc = up;
  const olds = up.base;
  if (Array.isArray(olds)) state.pos = indexIn(olds, state, olds.length - now(up).length);
  else if (olds[key] === base) state.pos = key;
  else state.pos = Object.keys(olds).find((name) => olds[name] === base);
  return state;
}

/** @param {State} list @param {number} id an old index, or negative for what came */
function indexOf(list, id) {
  const { cur, lo, suf, base } = list;
  if (!cur || (id >= 0 && id < lo)) return id;
  if (id >= base.length - suf) return id - (base.length - suf) + lo + cur.length;
  return lo + cur.indexOf(id);
}

/** @param {State} state @returns {any[]} */
function pathOf(state) {
  const { loc, pos } = locate(state);
  if (!loc) return [];
  const path = pathOf(loc);
  path.push(Array.isArray(loc.base) ? indexOf(loc, pos) : pos);
  return path;
}

/** @param {State} list */
function orderOf(list) {
  if (!list.cur) {
    // What does not stand in the new document is only left, by whatever item.
    if (!list.walk) list.lo = list.suf = 0;
    list.cur = [];
    for (let i = list.lo; i < list.base.length - list.suf; i++) list.cur.push(i);
  }
  return list.cur;
}

/** @param {Scope} scope @param {any[]} path a container that holds a change */
function share(scope, path) {
  const { shared } = scope;
  if (!shared) scope.shared = path;
  else {
    let same = 0;
    while (same < shared.length && same < path.length && shared[same] === path[same]) same++;
    if (same < shared.length) scope.shared = shared.slice(0, same);
  }
}

/** @param {Scope} scope @param {Any} op */
function note(scope, op) {
  share(scope, op.path.slice(0, -1));
  if (op.from) share(scope, op.from.slice(0, -1));
  if (++scope.count <= scope.max) scope.ops.push(op);
}

/** @param {Scope} scope @param {any[]} from @param {any[]} path @param {boolean} [over] */
function noteMove(scope, from, path, over) {
  const last = from.length - 1;
  if (path.length > from.length && from.every((key, i) => key === path[i])) {
    // The removal shifts the new parent to where the item was, and RFC 6902 forbids to move
    // something below its own path: so it steps aside first.
    const aside = [...from.slice(0, last), from[last] + 1];
    note(scope, { op: "move", from, path: aside });
    from = aside;
  }
  note(scope, { op: "move", from, path, ...(over && { over }) });
}

/** Takes a container out of where it stands. @param {State} state @returns {any[]} its path there */
function leave(state) {
  const from = pathOf(state);
  const loc = /** @type {State} */ (state.loc);
  if (Array.isArray(loc.base)) {
    const cur = orderOf(loc);
    cur.splice(cur.indexOf(state.pos), 1);
  }
  state.done = true;
  return from;
}

/** Whether an old member is still needed where it stands. @param {State} state @param {any} raw */
function needed(state, raw) {
  const kid = state.scope.drafts.get(raw);
  return !!kid && !kid.fresh && (kid.busy || (!!kid.place && !kid.done));
}

/** @param {State} state @param {any} raw @param {Set<any>} seen homes taken so far */
function isHome(state, raw, seen) {
  const kid = state.scope.drafts.get(raw);
  if (seen.has(raw)) return false;
  if (!kid) return state.scope.fresh.has(raw);
  return kid.fresh ? kid.up === state : kid.place === state;
}

/** The value of a container that comes as a literal. @param {State} state @param {any} raw @param {Set<any>} seen */
function literal(state, raw, seen) {
  if (!isContainer(raw)) return raw;
  const home = isHome(state, raw, seen);
  seen.add(raw);
  const kid = state.scope.drafts.get(raw);
  if (!home) return snapshot(state.scope, raw, state, state.depth + 1, []);
  return kid?.dirty ? build(kid) : raw;
}

/** The new value of a container no operation points into. @param {State} state */
function build(state) {
  const copy = own(state);
  const seen = new Set();
  for (const key of Object.keys(copy)) {
    const raw = copy[key];
    if (!isContainer(raw)) continue;
    const kid = state.scope.drafts.get(raw);
    if (!kid && !seen.has(raw)) seen.add(raw);
    else copy[key] = literal(state, raw, seen);
  }
  return copy;
}

/**
 * Writes the operations in and below a container, which stands where it shall.
 * @param {State} state
 * @returns {any} its new value
 */
function emit(state) {
  const changed = state.copy && (Array.isArray(state.base) ? arrange(state) : assign(state));
  let value = changed ? state.copy : state.base;
  for (const [key, kid] of state.stand ?? []) {
    if (kid.fresh || !kid.dirty || now(state)[key] !== kid.base) continue;
    const after = emit(kid);
    if (after === kid.base) continue;
    value = own(state);
    value[key] = after;
  }
  return value;
}

/** Writes the members of an object. @param {State} state @returns {boolean} whether it differs */
function assign(state) {
  const { scope, base, copy } = state;
  /** @type {Map<string, State>} */
  const movers = new Map();
  const seen = new Set();
  let rest = [...(state.touched ?? [])].filter(
    (key) => hasOwn(base, key) !== hasOwn(copy, key) || base[key] !== copy[key],
  );
  for (const key of rest) {
    const raw = copy[key];
    if (!hasOwn(copy, key) || !isContainer(raw)) continue;
    const kid = scope.drafts.get(raw);
    const stays = kid && kid.up === state && !kid.fresh && copy[locate(kid).pos] === raw;
    if (stays) seen.add(raw);
    if (kid && !kid.fresh && isHome(state, raw, seen)) {
      seen.add(raw);
      movers.set(key, kid);
    } else copy[key] = literal(state, raw, seen);
  }
  const changed = rest.length > 0;
  while (rest.length) {
    const blocked = rest.filter((key) => !step(state, key, movers.get(key), false));
    if (blocked.length === rest.length) {
      // Two that want each other's place: one goes by its value.
      const key = blocked.find((name) => movers.has(name));
      if (key === undefined) {
        state.late = blocked;
        scope.late.push(state);
        return true;
      }
      const kid = /** @type {State} */ (movers.get(key));
      movers.delete(key);
      kid.done = true;
      copy[key] = kid.dirty ? build(kid) : kid.base;
    }
    rest = blocked;
  }
  return changed;
}

/**
 * Writes one member, if what stands there is no longer needed.
 * @param {State} state
 * @param {string} key
 * @param {State | undefined} mover
 * @param {boolean} last whatever stands there
 */
function step(state, key, mover, last) {
  const { scope, base, copy } = state;
  let occupied = hasOwn(base, key);
  if (occupied) {
    const kid = scope.drafts.get(base[key]);
    if (kid && !kid.fresh) {
      const { loc, pos } = locate(kid);
      occupied = loc === state && pos === key;
    }
    if (occupied && !last && needed(state, base[key])) return false;
  }
  if (mover) {
    const from = leave(mover);
    mover.loc = state;
    mover.pos = key;
    noteMove(scope, from, [...pathOf(state), key], occupied);
  } else if (hasOwn(copy, key)) {
    note(scope, {
      op: occupied ? "replace" : "add",
      path: [...pathOf(state), key],
      value: copy[key],
    });
  } else if (occupied) note(scope, { op: "remove", path: [...pathOf(state), key] });
  return true;
}

const LITERAL = -1;
const MOVER = -2;

/** Writes the elements of an array. @param {State} list @returns {boolean} whether it differs */
function arrange(list) {
  const { scope, base, copy, lo, suf } = list;
  const size = base.length - suf - lo;
  const length = copy.length - suf - lo;
  if (!size && !length) return false;
  const cur = orderOf(list);
  const kept = (list.kept = new Uint8Array(size));
  const source = match(list, length, kept);
  const pinned = longestRun(source);
  const replaced = pair(list, source, pinned, kept);
  const path = pathOf(list);
  // From the end, so that the indices of the others stay.
  const left = cur.filter((id) => kept[id - lo] || needed(list, base[id]));
  let changes = cur.length - left.length + replaced.size;
  for (let j = 0; j < length; j++) if (!pinned[j]) changes++;
  if (scope.count + changes > scope.max) {
    overflow(list, source, path, changes);
    return true;
  }
  for (let i = cur.length - 1, at = left.length - 1; i >= 0; i--) {
    if (cur[i] === left[at]) at--;
    else note(scope, { op: "remove", path: [...path, lo + i] });
  }
  list.cur = left;
  if (left.some((id) => !kept[id - lo])) scope.late.push(list);
  for (let j = 0, at = 0; j < length; j++) at = place(list, source, pinned, replaced, j, at);
  return true;
}

/**
 * Puts one element where it shall stand.
 * @param {State} list
 * @param {Int32Array} source
 * @param {Uint8Array} pinned
 * @param {Set<number>} replaced
 * @param {number} j its place among the touched ones
 * @param {number} at the place behind the one before it
 * @returns {number} the place behind it
 */
function place(list, source, pinned, replaced, j, at) {
  const { scope, copy, lo } = list;
  const cur = orderOf(list);
  const value = copy[lo + j];
  const id = source[j];
  if (pinned[j]) {
    at = cur.indexOf(id, at);
    if (replaced.has(j)) note(scope, { op: "replace", path: [...pathOf(list), lo + at], value });
  } else if (id >= 0) {
    const from = cur.indexOf(id);
    cur.splice(from, 1);
    if (from < at) at--;
    cur.splice(at, 0, id);
    const path = pathOf(list);
    if (from !== at)
      note(scope, { op: "move", from: [...path, lo + from], path: [...path, lo + at] });
  } else if (id === MOVER) {
    const kid = /** @type {State} */ (scope.drafts.get(value));
    const from = leave(kid);
    kid.loc = list;
    kid.pos = -1 - j;
    cur.splice(at, 0, -1 - j);
    noteMove(scope, from, [...pathOf(list), lo + at]);
  } else {
    cur.splice(at, 0, -1 - j);
    note(scope, { op: "add", path: [...pathOf(list), lo + at], value });
  }
  return at + 1;
}

/** More changes than one change may hold: only what they have in common is noted. @param {State} list @param {Int32Array} source @param {any[]} path @param {number} changes */
function overflow(list, source, path, changes) {
  const { scope, copy, lo } = list;
  scope.count += changes;
  share(scope, path);
  source.forEach((id, j) => {
    const kid = id === MOVER && scope.drafts.get(copy[lo + j]);
    if (!kid) return;
    share(scope, leave(kid).slice(0, -1));
    kid.loc = list;
    kid.pos = -1 - j;
  });
}

/**
 * For each new element the old index it comes from, or what it is else. Primitives match by value.
 * @param {State} list
 * @param {number} length
 * @param {Uint8Array} kept
 */
function match(list, length, kept) {
  const { scope, base, copy, lo, suf } = list;
  const end = base.length - suf;
  const spots = new Map();
  const next = new Int32Array(end - lo);
  for (let i = end - 1; i >= lo; i--) {
    next[i - lo] = spots.get(base[i]) ?? -1;
    spots.set(base[i], i);
  }
  const source = new Int32Array(length);
  const seen = new Set();
  for (let j = 0; j < length; j++) {
    const raw = copy[lo + j];
    const spot = spots.get(raw) ?? -1;
    if (spot >= 0) {
      spots.set(raw, next[spot - lo]);
      kept[spot - lo] = 1;
      source[j] = spot;
      continue;
    }
    const kid = scope.drafts.get(raw);
    const known = kid && !kid.fresh && kid.up !== list;
    if (known && isHome(list, raw, seen)) {
      seen.add(raw);
      source[j] = MOVER;
    } else {
      if (kid && kid.up === list && !kid.fresh) seen.add(raw);
      copy[lo + j] = literal(list, raw, seen);
      source[j] = LITERAL;
    }
  }
  return source;
}

/** Marks a longest run of elements whose order has not changed. @param {Int32Array} source */
function longestRun(source) {
  const pinned = new Uint8Array(source.length);
  const before = new Int32Array(source.length);
  /** @type {number[]} for each length the place where the run with the lowest end ends */
  const ends = [];
  for (let j = 0; j < source.length; j++) {
    if (source[j] < 0) continue;
    let low = 0;
    let high = ends.length;
    if (high && source[ends[high - 1]] < source[j]) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (source[ends[middle]] < source[j]) low = middle + 1;
      else high = middle;
    }
    before[j] = low ? ends[low - 1] : -1;
    ends[low] = j;
  }
  for (let j = ends.length ? ends[ends.length - 1] : -1; j >= 0; j = before[j]) pinned[j] = 1;
  return pinned;
}

/**
 * Between two elements that stay, as many literals as elements that go are replacements.
 * @param {State} list
 * @param {Int32Array} source
 * @param {Uint8Array} pinned
 * @param {Uint8Array} kept
 */
function pair(list, source, pinned, kept) {
  const { base, lo } = list;
  const cur = new Set(list.cur);
  const replaced = new Set();
  let i = lo;
  /** @type {number[]} */
  let news = [];
  const close = (/** @type {number} */ end) => {
    /** @type {number[]} */
    const olds = [];
    for (; i < end; i++) {
      if (!kept[i - lo] && cur.has(i) && !needed(list, base[i])) olds.push(i);
    }
    if (olds.length === news.length) {
      news.forEach((j, n) => {
        source[j] = olds[n];
        kept[olds[n] - lo] = pinned[j] = 1;
        replaced.add(j);
      });
    }
    news = [];
  };
  for (let j = 0; j < source.length; j++) {
    if (pinned[j]) {
      close(source[j]);
      i = source[j] + 1;
    } else if (source[j] === LITERAL) news.push(j);
  }
  close(lo + kept.length);
  return replaced;
}

/** Removes and writes what had to wait until all moves were done. @param {State} state */
function finish(state) {
  const { scope, lo, kept } = state;
  if (!Array.isArray(state.base)) {
    for (const key of state.late ?? []) step(state, key, undefined, true);
    return;
  }
  const cur = orderOf(state);
  for (let i = cur.length - 1; i >= 0; i--) {
    if (cur[i] < 0 || kept?.[cur[i] - lo]) continue;
    cur.splice(i, 1);
    note(scope, { op: "remove", path: [...pathOf(state), lo + i] });
  }
}
