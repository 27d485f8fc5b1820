// @ts-check
// Records what a recipe does to a document, as JSON Patch operations with typed paths.
//
// A draft is a Proxy over a container, which is copied at the first look into it; the copy holds
// drafts where the recipe has looked, else what the old document holds. No write is logged: the
// operations are derived afterwards from old and new containers. What a thing *is* is its identity,
// and that of a draft is the container it was made for.
//
// `walk` goes through the new document, takes the drafts out of the copies and notes what differs.
// `resolve` decides what came from elsewhere (a move) and what is new. Then moves and inserts are
// written, container by container from the root down, and last what removes and replaces.
// Meanwhile `where` knows the path that anything has, with the operations so far applied.

/**
 * @typedef {any} Json
 * @typedef {Json[] & Record<string, Json>} Container
 * @typedef {object} Scope one run of `record`
 * @property {boolean} live
 * @property {number} writes
 * @property {Set<Json>} made our copies of what the recipe gave
 * @property {Set<Json>} opened those of them that have a draft
 * @property {Set<Json>} sieved arrays that came out of `filter`
 *
 * @typedef {object} State one container that the recipe has looked at
 * @property {Scope} scope
 * @property {Container} base the container before the recipe
 * @property {Container | undefined} copy the same now
 * @property {boolean} fresh made by the recipe, so that no operation points into it
 * @property {any} proxy
 * @property {State | undefined} first where the recipe met it
 * @property {State | undefined} home where it stands now, as far as known, and `at` there
 * @property {any} at
 * @property {number} end how far from the end of `home` it stood
 * @property {State[] | undefined} kids drafts made in it
 * @property {Set<string> | undefined} keys members written or deleted
 * @property {number} head elements at the beginning, and `tail` at the end, that nobody touched
 * @property {number} tail
 * @property {boolean} shuffled elements were not only assigned
 * @property {boolean} [given] the recipe assigned an array over it
 * @property {boolean | undefined} [whole] written by one replace
 * @property {State | undefined} [from] where it stood before, and `was` there
 * @property {any} [was]
 * @property {Move | undefined} [move]
 * @property {Map<any, Slot> | undefined} [slots] what else came to stand in it
 * @property {Set<string> | undefined} [left] members that were moved away
 * @property {Order | undefined} [order]
 *
 * @typedef {{ state: State, at: any, value: Json, pair: number, move: Move | undefined }} Slot
 * @typedef {{ from: State, was: any, to: State, at: any, done: boolean }} Move
 *
 * @typedef {object} Order the elements of an array between those that stay at both ends
 * @property {number} head elements before them
 * @property {number} stop the old index behind them
 * @property {Int32Array} source for each new element its old place, or -1
 * @property {Uint8Array} fate of each old element: LEAVES, STAYS, MOVES, GIVEN (to another container)
 *   or PLACED (moved, and `next` says where)
 * @property {number} placed how many new elements stand where they shall
 * @property {boolean} [busy] something moves or is inserted
 * @property {number} gain how much longer the array is by now
 * @property {Int32Array} next for each old element the first new one at or behind it that stays
 * @property {Int32Array} gap for each new element the old ones up to the last that stays before it
 * @property {Int32Array} tree Fenwick tree: counts old elements not placed nor gone
 *
 * @typedef {object} Run one attempt to derive the operations
 * @property {Scope} scope
 * @property {Set<Json>} banned what must not be moved
 * @property {Set<Json>} whole what is written by one replace
 * @property {State[]} live containers in which operations may point, parents first
 * @property {Map<Json, State>} states the same by identity
 * @property {Map<Json, [State, any]>} gone what left its container, and where it stood
 * @property {Map<Json, Json>} lent containers that are gone, and what moved out of them
 * @property {Map<Json, Move>} moves
 * @property {Slot[]} came
 * @property {boolean} failed something was in the way of a move
 * @property {Set<Json>} used
 * @property {[Container, any, Json][]} undo
 * @property {{ op: string, path: any[], from?: any[], value?: Json, over?: true }[]} ops
 * @property {State[]} owners of the operations
 */

const DEPTH_MAX = 64;
const KEY_UNITS_MAX = 1024;
const STRING_UNITS_MAX = 524288;
const LEAVES = 0;
const STAYS = 1;
const MOVES = 2;
const GIVEN = 3;
const PLACED = 4;
/** The key under which a draft tells its state. */
const STATE = /* @__PURE__ */ Symbol();

const { isArray } = Array;
/** @param {any} value */
const isContainer = (value) => typeof value === "object" && value !== null;
/** @param {any} value @returns {State | undefined} */
const stateOf = (value) => (isContainer(value) ? value[STATE] : undefined);
/** @param {State} state @returns {Container} */
const now = (state) => state.copy ?? state.base;
/** @param {any} value @param {any} key */
const has = (value, key) => Object.hasOwn(value, key);

/**
 * Runs a recipe on a draft of `root`.
 * @param {any} root
 * @param {(draft: any) => unknown} recipe
 * @param {number} opsMax above it, one `replace` says it all
 * @returns {{ root: any, ops: Run["ops"] } | undefined} undefined when nothing has changed
 */
export function record(root, recipe, opsMax) {
  /** @type {Scope} */
  const scope = { live: true, writes: 0, made: new Set(), opened: new Set(), sieved: new Set() };
  try {
    const top = draft(scope, root);
    const whole = accept(top, recipe(top.proxy));
    if (!whole) return derive(top, opsMax);
    return { root: whole, ops: [{ op: "replace", path: [], value: whole }] };
  } finally {
    scope.live = false;
  }
}

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

// ------------------------------------------------------------------------------- what is refused

/** @param {string} reason @param {any[]} [path] @param {string} [kind] @returns {never} */
function fail(reason, path, kind) {
  const steps = path?.map((key) => "/" + String(key).replace(/~/g, "~0").replace(/\//g, "~1"));
  throw {
    draftsync: 1,
    code: "invalid-patch",
    reason,
    path: steps?.join(""),
    ...(kind ? { kind } : {}),
  };
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
  // Not every engine that we serve has isWellFormed.
  if (!(value.isWellFormed?.() ?? !/\p{Cs}/u.test(value))) fail("lone-surrogate", path);
  return value;
}

/** @param {any} key @param {any[]} path of what has the key */
function checkKey(key, path) {
  if (typeof key === "symbol") refuse(key, [...path, key]);
  if (key === "__proto__") fail("proto-key", [...path, key]);
  text(key, [...path, key], KEY_UNITS_MAX, "key-too-long");
}

/** @param {State} state */
function alive(state) {
  if (!state.scope.live) fail("dead-draft", pathOf(state));
  return state;
}

/** Where a draft stands, as far as it knows. @param {State} state @returns {any[]} */
function pathOf({ home, at }) {
  return home ? [...pathOf(home), at] : [];
}

// ------------------------------------------------------------------------------------- the draft

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

/** The copy, which may be written to. @param {State} state @returns {any} */
function own(state) {
  const { base } = state;
  return (state.copy ??= /** @type {any} */ (
    isArray(base) ? base.slice() : { .../** @type {any} */ (base) }
  ));
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

/**
 * What a method of arrays does to the copy: one native call, and not a trap for each element.
 * @param {State} list
 * @param {number} start
 * @param {number} count
 * @param {any[]} items
 */
function cut(list, start, count, items) {
  const copy = own(list);
  count = Math.min(count, copy.length - start);
  const taken = items.map((item, i) => take(list, item, start + i));
  if (count || taken.length) {
    touch(list, start, copy.length - start - count);
    list.shuffled = true;
  }
  const out = copy.splice(start, count, ...taken);
  return out.map((/** @type {any} */ item, /** @type {number} */ i) => seen(list, item, start + i));
}

/** @param {any} draft @param {(copy: any[], list: State) => void} act */
function reorder(draft, act) {
  const list = alive(draft[STATE]);
  const copy = own(list);
  // Drafts, for whoever looks at an element here, or finds it twice, may write to it.
  const items = copy.map((/** @type {any} */ item, /** @type {number} */ i) => seen(list, item, i));
  act(items, list);
  items.forEach((/** @type {any} */ item, /** @type {number} */ i) => (copy[i] = item));
  list.shuffled = true;
  touch(list, 0, 0);
  return draft;
}

/** @param {any} value a relative index @param {number} length */
function clamp(value, length) {
  const index = Math.trunc(value) || 0;
  return index < 0 ? Math.max(0, length + index) : Math.min(index, length);
}

/** @type {Record<string, (this: any, ...args: any[]) => any>} */
const methods = {
  // @ts-ignore: no prototype
  __proto__: null,
  push(...items) {
    cut(alive(this[STATE]), this.length, 0, items);
    return this.length;
  },
  unshift(...items) {
    cut(alive(this[STATE]), 0, 0, items);
    return this.length;
  },
  pop() {
    return cut(alive(this[STATE]), Math.max(0, this.length - 1), 1, [])[0];
  },
  shift() {
    return cut(alive(this[STATE]), 0, 1, [])[0];
  },
  splice(...args) {
    const start = clamp(args[0], this.length);
    const rest = args.length ? this.length - start : 0;
    const count = args.length < 2 ? rest : Math.min(Math.max(Math.trunc(args[1]) || 0, 0), rest);
    return cut(alive(this[STATE]), start, count, args.slice(2));
  },
  sort(compare) {
    return reorder(this, (items) => items.sort(compare));
  },
  reverse() {
    return reorder(this, (items) => items.reverse());
  },
  copyWithin(target, start, end) {
    return reorder(this, (items) => items.copyWithin(target, start, end));
  },
  fill(value, start, end) {
    return reorder(this, (items, list) =>
      items.fill(take(list, value, clamp(start, items.length)), start, end),
    );
  },
  filter(test, self) {
    /** @type {any[]} */
    const left = Array.prototype.filter.call(this, test, self);
    this[STATE].scope.sieved.add(left);
    return left;
  },
};

// ------------------------------------------------------------------------- what became of it all

/**
 * Derives the operations. What turns out to be in its own way is banned from moving, and written as
 * a literal at the next attempt.
 * @param {State} top
 * @param {number} opsMax
 * @param {Set<Json>} banned
 * @param {Set<Json>} whole
 * @returns {{ root: any, ops: Run["ops"] } | undefined}
 */
function derive(top, opsMax, banned = new Set(), whole = new Set()) {
  /** @type {Run} */
  const run = {
    scope: top.scope,
    banned,
    whole,
    live: [],
    states: new Map(),
    gone: new Map(),
    lent: new Map(),
    moves: new Map(),
    came: [],
    failed: false,
    used: new Set(),
    undo: [],
    ops: [],
    owners: [],
  };
  try {
    const root = walk(run, top);
    for (const slot of run.came) resolve(run, slot);
    for (const state of run.live) if (state.order) align(state, state.order);
    for (const state of run.live) settle(run, state);
    for (const state of run.live) overwrite(run, state);
    if (!run.failed && run.ops.length > opsMax && !whole.has(top.base)) {
      whole.add(crowded(run, top, opsMax));
    } else if (!run.failed) return root === top.base ? undefined : { root, ops: run.ops };
  } catch (error) {
    if (error !== run) throw error;
  }
  for (const [copy, at, value] of run.undo.reverse()) copy[at] = value;
  return derive(top, opsMax, banned, whole);
}

/** The container to write whole when there are too many operations. @param {Run} run @param {State} top @param {number} opsMax */
function crowded(run, top, opsMax) {
  const counts = new Map();
  for (const owner of run.owners) {
    for (let at = /** @type {State | undefined} */ (owner); at; at = at.home) {
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
  }
  const most = run.ops.length - opsMax;
  const fits = (/** @type {State} */ state) => isArray(state.base) && counts.get(state) > most;
  return (run.live.reverse().find(fits) ?? top).base;
}

/** @param {Run} run @param {State} state @param {any} at @param {Json} value */
function fill(run, state, at, value) {
  const copy = own(state);
  run.undo.push([copy, at, copy[at]]);
  copy[at] = value;
}

/**
 * Goes through a container that stands in the new document, and what it kept.
 * @param {Run} run
 * @param {State} state
 * @param {State} [home]
 * @param {any} [at]
 * @returns {Json} its value: `base` when nothing in it has changed
 */
function walk(run, state, home, at) {
  const { base } = state;
  state.home = home;
  state.at = at;
  if (!state.copy) return base;
  state.slots = state.left = state.order = undefined;
  state.whole = run.whole.has(base);
  if (run.lent.has(base)) {
    // It moves as well, and keeps what would have left it.
    run.banned.add(run.lent.get(base));
    throw run;
  }
  run.states.set(base, state);
  run.live.push(state);
  const walked = state.whole ? walkWhole : isArray(base) ? walkArray : walkObject;
  return walked(run, state) ? state.copy : base;
}

/** An element or member that stays. @param {Run} run @param {State} state @param {any} at @param {any} was */
function keep(run, state, at, was) {
  const inner = stateOf(now(state)[at]);
  if (!inner) return false;
  inner.from = state;
  inner.was = was;
  inner.move = undefined;
  const value = walk(run, inner, state, at);
  fill(run, state, at, value);
  return value !== inner.base;
}

/** One that was not here before, or is no more. @param {Run} run @param {State} state @param {any} at */
function note(run, state, at) {
  const value = now(state)[at];
  const slot = { state, at, value, pair: -1, move: undefined };
  (state.slots ??= new Map()).set(at, slot);
  if (isContainer(value)) run.came.push(slot);
}

/** @param {any} value what it was before the recipe */
const idOf = (value) => stateOf(value)?.base ?? value;

/** @param {Run} run @param {State} state */
function walkObject(run, state) {
  const { base } = state;
  const copy = now(state);
  let changed = false;
  for (const at of state.keys ?? []) {
    const old = has(base, at) ? base[at] : undefined;
    if (has(copy, at) && idOf(copy[at]) === old) changed = keep(run, state, at, at) || changed;
    else if (has(copy, at) || has(base, at)) {
      if (isContainer(old)) run.gone.set(old, [state, at]);
      note(run, state, at);
      changed = true;
    }
  }
  for (const { at, proxy } of state.kids ?? []) {
    if (copy[at] === proxy && !state.slots?.has(at)) changed = keep(run, state, at, at) || changed;
  }
  return changed;
}

/** @param {Run} run @param {State} state */
function walkArray(run, state) {
  const { base } = state;
  const copy = now(state);
  const most = Math.min(base.length, copy.length);
  let changed = false;
  let head = Math.min(state.head, most);
  let tail = Math.min(state.tail, most - head);
  for (const { at, end, proxy } of state.kids ?? []) {
    const from = base.length - end;
    const back = copy.length - end;
    if (at < head && copy[at] === proxy) changed = keep(run, state, at, at) || changed;
    else if (from >= base.length - tail && copy[back] === proxy) {
      changed = keep(run, state, back, from) || changed;
    }
  }
  for (; head + tail < most && idOf(copy[head]) === base[head]; head++) {
    changed = keep(run, state, head, head) || changed;
  }
  for (; head + tail < most; tail++) {
    const back = copy.length - 1 - tail;
    const from = base.length - 1 - tail;
    if (idOf(copy[back]) !== base[from]) break;
    changed = keep(run, state, back, from) || changed;
  }
  if (copy.length + base.length === 2 * (head + tail)) return changed;
  match(run, state, head, tail);
  return true;
}

/**
 * Finds for each element between the untouched ends where it was; primitives by value and order.
 * @param {Run} run
 * @param {State} state
 * @param {number} head
 * @param {number} tail
 */
function match(run, state, head, tail) {
  const { base } = state;
  const copy = now(state);
  const stop = base.length - tail;
  const source = new Int32Array(copy.length - tail - head);
  const order = (state.order = orderOf(head, stop, source));
  const { fate, next } = order;
  /** @type {Map<Json, number>} */
  const spots = new Map();
  for (let o = fate.length - 1; o >= 0; o--) {
    next[o] = spots.get(base[head + o]) ?? -1;
    spots.set(base[head + o], o);
  }
  // Where elements were only assigned, and none of them is an old one, the place says what is what.
  let assigned = !state.shuffled && fate.length === source.length;
  for (let j = 0; j < source.length; j++) {
    if (!has(copy, head + j)) fail("sparse", [...pathOf(state), head + j]);
    const id = idOf(copy[head + j]);
    const o = (source[j] = spots.get(id) ?? -1);
    if (o < 0) continue;
    fate[o] = STAYS;
    spots.set(id, next[o]);
    if (isContainer(id) && o !== j) assigned = false;
  }
  if (assigned && fate.includes(LEAVES)) {
    source.forEach((_, j) => {
      fate[j] = idOf(copy[head + j]) === base[head + j] ? STAYS : LEAVES;
      source[j] = fate[j] ? j : -1;
    });
  }
  fate.forEach((what, o) => {
    const old = base[head + o];
    if (what === LEAVES && isContainer(old)) run.gone.set(old, [state, head + o]);
  });
  source.forEach((o, j) => (o < 0 ? note : keep)(run, state, head + j, head + o));
}

/** @param {number} head @param {number} stop @param {Int32Array} source @returns {Order} */
function orderOf(head, stop, source) {
  const size = stop - head;
  return {
    head,
    stop,
    source,
    fate: new Uint8Array(size),
    placed: 0,
    gain: 0,
    next: new Int32Array(size),
    gap: new Int32Array(source.length),
    tree: new Int32Array(size + 1).map((_, i) => i & -i),
  };
}

/** Decides whether something came from elsewhere or is new. @param {Run} run @param {Slot} slot */
function resolve(run, slot) {
  const { state, at, value } = slot;
  const inner = stateOf(value);
  const id = idOf(value);
  let source = run.gone.get(id);
  if (inner?.first && !inner.fresh && !source && !run.states.has(inner.first.base)) {
    // It was in something that is gone, or that comes later: so later.
    if (slot.pair === -1) {
      slot.pair = -2;
      run.came.push(slot);
      return;
    }
    if (!run.banned.has(id) && !run.moves.has(id)) source = lend(run, inner, id);
  }
  if (source && !run.banned.has(id)) {
    const [from, was] = source;
    const move = (slot.move = { from, was, to: state, at, done: false });
    run.gone.delete(id);
    run.moves.set(id, move);
    if (from.order) from.order.fate[was - from.order.head] = GIVEN;
    if (inner) {
      inner.from = from;
      inner.was = was;
      inner.move = move;
      slot.value = walk(run, inner, state, at);
    }
  } else slot.value = literal(run, state, at, value);
  fill(run, state, at, slot.value);
}

/** A value of our own. @param {Run} run @param {State} state @param {any} at @param {Json} value */
function literal({ scope, used }, state, at, value) {
  if (!scope.made.has(value) || scope.opened.has(value) || used.has(value)) {
    return clean(value, [...pathOf(state), at]);
  }
  used.add(value);
  return value;
}

/**
 * Lets something out of a container that is itself gone.
 * @param {Run} run
 * @param {State} state
 * @param {Json} id
 * @returns {[State, any] | undefined} where it stands
 */
function lend(run, state, id) {
  const first = /** @type {State} */ (state.first);
  const up = run.states.get(first.base) ?? first;
  const { base } = up;
  let was = state.at;
  if (base[was] !== state.base) was = Object.keys(base).find((key) => base[key] === state.base);
  if (up.whole || was === undefined) return undefined;
  if (!run.states.has(base) && !run.lent.has(base)) {
    const source = lend(run, up, id);
    if (!source) return undefined;
    [up.from, up.was] = source;
    up.move = undefined;
    if (isArray(base)) up.order = orderOf(0, base.length, new Int32Array(0));
    run.lent.set(base, id);
  }
  return [up, isArray(base) ? Number(was) : was];
}

/** A container that is written as one value. @param {Run} run @param {State} state */
function walkWhole(run, state) {
  const { base } = state;
  const copy = now(state);
  const keys = Object.keys(copy);
  let changed = keys.length !== Object.keys(base).length;
  if (isArray(copy) && keys.length < copy.length) fail("sparse", pathOf(state));
  for (const at of keys) {
    let value = copy[at];
    const inner = stateOf(value);
    if (inner?.first?.base === base && !run.used.has(inner.base)) {
      run.used.add(inner.base);
      run.states.set(inner.base, inner);
      inner.home = state;
      inner.at = at;
      value = inner.copy && walkWhole(run, inner) ? inner.copy : inner.base;
    } else if (inner || run.scope.made.has(value)) value = literal(run, state, at, value);
    if (value !== base[at]) changed = true;
    fill(run, state, at, value);
  }
  return (state.whole = changed);
}

// -------------------------------------------------------------------------------- the operations

/** @param {Run} run @param {State} owner @param {Run["ops"][0]} op */
function emit(run, owner, op) {
  run.ops.push(op);
  run.owners.push(owner);
}

/** Sorts out which elements stay, which are replaced, and which move. @param {State} state @param {Order} order */
function align(state, order) {
  const { head, source, fate, next, gap } = order;
  const stays = longestRun(source);
  const slots = [...(state.slots?.values() ?? [])];
  const { length } = now(state);
  if (state.given && length && slots.length === length && !slots.some((slot) => slot.move)) {
    // It has nothing of the list that stood there: another list.
    state.whole = true;
    next.fill(0);
    return;
  }
  source.forEach((o, j) => o >= 0 && !stays[j] && (fate[o] = MOVES));
  let old = 0;
  let free = 0;
  for (let j = 0; j < source.length; j++) {
    const slot = state.slots?.get(head + j);
    if (slot && !slot.move) {
      // Between two that stay, what comes replaces what goes.
      free = Math.max(free, old);
      while (fate[free] > STAYS) free++;
      if (fate[free] === LEAVES) {
        fate[free] = STAYS;
        source[j] = slot.pair = free;
      }
    }
    gap[j] = old;
    if (source[j] < 0 || fate[source[j]] === MOVES) order.busy = true;
    else {
      next.fill(j, old, source[j] + 1);
      gap[j] = source[j];
      old = source[j] + 1;
    }
  }
  next.fill(source.length, old);
}

/** Marks a longest run of elements whose order is the old one. @param {Int32Array} source */
function longestRun(source) {
  const marks = new Uint8Array(source.length);
  const before = new Int32Array(source.length);
  /** @type {number[]} where the run of each length that ends lowest ends */
  const ends = [];
  source.forEach((o, j) => {
    if (o < 0) return;
    let low = 0;
    let high = ends.length;
    if (source[ends[high - 1]] < o) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (source[ends[middle]] < o) low = middle + 1;
      else high = middle;
    }
    before[j] = ends[low - 1] ?? -1;
    ends[low] = j;
  });
  for (let j = ends.at(-1) ?? -1; j >= 0; j = before[j]) marks[j] = 1;
  return marks;
}

/** How many of the first `end` old elements wait. @param {Int32Array} tree @param {number} end */
function count(tree, end) {
  let sum = 0;
  for (; end > 0; end &= end - 1) sum += tree[end];
  return sum;
}

/** @param {Order} order @param {number} o an old element that waits no longer */
function drop({ tree }, o) {
  for (o++; o < tree.length; o += o & -o) tree[o]--;
}

/** The index of a new element that stands where it shall. @param {Order} order @param {number} j */
const indexOf = ({ head, gap, tree }, j) => head + j + count(tree, gap[j]);

/** The key by now of what was at `was`. @param {State} state @param {any} was */
function keyOf({ order }, was) {
  if (!order || was < order.head) return was;
  if (was >= order.stop) return was + order.gain;
  const o = was - order.head;
  const j = order.next[o];
  if (order.fate[o] === PLACED) return indexOf(order, j);
  return order.head + Math.min(order.placed, j) + count(order.tree, o);
}

/** The path of a container by now. @param {State} state @returns {any[]} */
function where({ move, from, was }) {
  if (move?.done) {
    const { order } = move.to;
    return [...where(move.to), order ? indexOf(order, move.at - order.head) : move.at];
  }
  return from ? [...where(from), keyOf(from, was)] : [];
}

/** Writes the moves and inserts of a container. @param {Run} run @param {State} state */
function settle(run, state) {
  const { order, slots } = state;
  if (!order) {
    slots?.forEach(({ move, value }) => move && relocate(run, move, value));
    return;
  }
  const { head, source, fate } = order;
  for (let j = 0; order.busy && j < source.length; j++) {
    const o = source[j];
    const slot = slots?.get(head + j);
    if (slot?.move) relocate(run, slot.move, slot.value);
    else if (o < 0) {
      emit(run, state, {
        op: "add",
        path: [...where(state), indexOf(order, j)],
        value: slot?.value,
      });
      order.gain++;
    } else if (fate[o] === MOVES) {
      const move = { from: state, was: head + o, to: state, at: head + j, done: false };
      relocate(run, move, null);
      fate[o] = PLACED;
      order.next[o] = j;
    } else drop(order, o);
    order.placed++;
  }
}

/** @param {Run} run @param {Move} move @param {Json} value */
function relocate(run, move, value) {
  const { from, was, to, at } = move;
  const source = [...where(from), keyOf(from, was)];
  const over = !isArray(to.base) && has(to.base, at) && !to.left?.has(at);
  if (over && (run.lent.size || run.moves.has(to.base[at]))) {
    // What stands there is needed elsewhere. The others go on, to see which of them are in the way.
    run.moves.delete(from.base[was]);
    run.banned.add(from.base[was]);
    run.failed = true;
    return;
  }
  if (from.order) {
    from.order.gain--;
    drop(from.order, was - from.order.head);
  } else (from.left ??= new Set()).add(was);
  const path = [...where(to), to.order ? indexOf(to.order, at - to.order.head) : at];
  if (to.order) to.order.gain++;
  move.done = true;
  if (path.length > source.length && !run.failed) clean(value, path); // It may be too deep there.
  const last = source.length - 1;
  const same = source.every((key, i) => key === path[i]);
  if (same && path.length > source.length) {
    // Once it is away, the new parent has its index, and RFC 6902 forbids to move a thing below its
    // own path: so it steps aside first.
    const aside = [...source.slice(0, last), source[last] + 1];
    emit(run, to, { op: "move", from: [...source], path: aside });
    source[last]++;
  } else if (same) return;
  emit(run, to, { op: "move", from: source, path, ...(over ? { over } : {}) });
}

/** Writes what removes and replaces in a container. @param {Run} run @param {State} state */
function overwrite(run, state) {
  const { order, base } = state;
  const path = where(state);
  if (state.whole) return emit(run, state, { op: "replace", path, value: state.copy });
  for (const { at, pair, move, value } of state.slots?.values() ?? []) {
    if (order && pair >= 0) {
      emit(run, state, { op: "replace", path: [...path, keyOf(state, order.head + pair)], value });
    } else if (!order && !move) {
      const old = has(base, at) && !state.left?.has(at);
      if (value !== undefined) {
        emit(run, state, { op: old ? "replace" : "add", path: [...path, at], value });
      } else if (old) emit(run, state, { op: "remove", path: [...path, at] });
    }
  }
  for (let o = order ? order.fate.length - 1 : -1; order && o >= 0; o--) {
    if (order.fate[o] !== LEAVES) continue;
    emit(run, state, { op: "remove", path: [...path, keyOf(state, order.head + o)] });
    drop(order, o);
    order.gain--;
  }
}
