// @ts-check
// Compares containers before and after a recipe: what stayed, what came, what moved.
//
// `walk` goes through the new document, takes the drafts out of the copies and notes what differs.
// `resolve` decides what came from elsewhere (a move) and what is new. Then moves and inserts are
// written, container by container from the root down, and last what removes and replaces.
// Meanwhile `where` knows the path that anything has, with the operations so far applied.

import { clean, fail } from "./check.js";
import { align, overwrite, settle } from "./ops.js";
import { GIVEN, LEAVES, STAYS, now, own, pathOf, stateOf } from "./state.js";
import { has, isArray, isContainer } from "./values.js";

/** @import { Container, Json, Move, Order, Scope, Slot, State } from "./state.js" */

/**
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

/**
 * Derives the operations. What turns out to be in its own way is banned from moving, and written as
 * a literal at the next attempt.
 * @param {State} top
 * @param {number} opsMax
 * @param {Set<Json>} banned
 * @param {Set<Json>} whole
 * @returns {{ root: any, ops: Run["ops"] } | undefined}
 */
export function derive(top, opsMax, banned = new Set(), whole = new Set()) {
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
