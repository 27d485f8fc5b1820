// @ts-check
// Writes the operations, and knows the path that anything has with those so far applied.

import { clean } from "./check.js";
import { GIVEN, LEAVES, MOVES, PLACED, STAYS, now } from "./state.js";
import { has, isArray } from "./values.js";

/** @import { Run } from "./compare.js" */
/** @import { Json, Move, Order, State } from "./state.js" */

/** @param {Run} run @param {State} owner @param {Run["ops"][0]} op */
function emit(run, owner, op) {
  run.ops.push(op);
  run.owners.push(owner);
}

/** Sorts out which elements stay, which are replaced, and which move. @param {State} state @param {Order} order */
export function align(state, order) {
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
export function settle(run, state) {
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
export function overwrite(run, state) {
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
