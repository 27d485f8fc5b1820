// @ts-check
// The difference of two texts, in UTF-16 code units.

/** @import { PatchOp } from "./index.js" */
/** @typedef {{ pos: number, len: number, str: string }} Splice at `pos`, `len` units became `str` */

/** Texts that are farther apart than so many characters are taken as different from end to end. */
const EDITS_MAX = 200;

/**
 * The difference as one splice.
 * @param {string} from
 * @param {string} to
 * @param {number} [cursor] where in `to` the caret stands, behind what was written: of several equal letters it says which is new
 * @returns {Splice}
 */
export function splice(from, to, cursor = to.length) {
  const least = Math.min(from.length, to.length);
  let tail = 0;
  /** @param {number} most */
  const growTail = (most) => {
    while (tail < most && from.at(-1 - tail) === to.at(-1 - tail)) tail++;
  };
  growTail(Math.min(least, to.length - cursor));
  let pos = 0;
  while (pos < least - tail && from[pos] === to[pos]) pos++;
  growTail(least - pos);
  // Not inside a character.
  if (/[\ud800-\udbff]/.test(from.charAt(pos - 1))) pos--;
  if (tail && /[\udc00-\udfff]/.test(from.charAt(from.length - tail))) tail--;
  return { pos, len: from.length - tail - pos, str: to.slice(pos, to.length - tail) };
}

/**
 * The difference as the fewest edits (Myers 1986), so that what stayed between two of them is known.
 * @param {string} from
 * @param {string} to
 * @returns {Splice[]} in order, each at its place in `from`
 */
export function hunks(from, to) {
  const whole = splice(from, to);
  const [a, b] = [[...from.slice(whole.pos, whole.pos + whole.len)], [...whole.str]];
  /** For each number of edits how far in `a` each diagonal reaches. @type {number[][]} */
  const reached = [];
  for (let edits = 0; edits <= EDITS_MAX; edits++) {
    /** @type {number[]} */
    const far = [];
    for (let at = 0; at <= edits; at++) {
      let { x } = step(reached, edits, at);
      while (x < a.length && a[x] !== undefined && a[x] === b[x - diagonal(edits, at)]) x++;
      far[at] = x;
      if (x >= a.length && diagonal(edits, at) === a.length - b.length)
        return traced(reached, edits, at, whole.pos, a, b);
    }
    reached.push(far);
  }
  return [whole];
}

/** How many more characters of `a` than of `b` a diagonal has. @param {number} edits @param {number} at */
const diagonal = (edits, at) => 2 * at - edits;

/**
 * How far a diagonal begins, one edit after those beside it, and by which edit.
 * @param {number[][]} reached
 * @param {number} edits
 * @param {number} at
 */
function step(reached, edits, at) {
  if (edits === 0) return { x: 0, removes: false };
  const { [at - 1]: before = -2, [at]: x = -1 } = reached[edits - 1];
  const removes = before >= x;
  return { x: removes ? before + 1 : x, removes };
}

/**
 * The edits that led to the end, walked from there.
 * @param {number[][]} reached
 * @param {number} edits
 * @param {number} at
 * @param {number} start where `a` begins in its text
 * @param {string[]} a
 * @param {string[]} b
 */
function traced(reached, edits, at, start, a, b) {
  /** @type {Splice[]} */
  const found = [];
  const place = (/** @type {number} */ x) => start + a.slice(0, x).join("").length;
  for (; edits > 0; edits--) {
    const { x, removes } = step(reached, edits, at);
    const y = x - diagonal(edits, at);
    const edit = removes
      ? { pos: place(x - 1), len: a[x - 1].length, str: "" }
      : { pos: place(x), len: 0, str: b[y - 1] };
    const next = found[0];
    if (next?.pos === edit.pos + edit.len)
      found[0] = { pos: edit.pos, len: edit.len + next.len, str: edit.str + next.str };
    else found.unshift(edit);
    if (removes) at--;
  }
  return found;
}

/**
 * Where an offset stands after splices.
 * @param {number} offset
 * @param {readonly Splice[]} made
 */
export function moved(offset, made) {
  let shift = 0;
  for (const { pos, len, str } of made) {
    if (offset <= pos) break;
    if (offset < pos + len) return pos + shift + str.length;
    shift += str.length - len;
  }
  return offset + shift;
}

/**
 * A splice as operations, in a text that somebody else has spliced meanwhile: what they inserted
 * stays, what they removed is gone already.
 * @param {string} path
 * @param {Splice} mine
 * @param {readonly Splice[]} [theirs]
 */
export function spliceOps(path, { pos, len, str }, theirs = []) {
  /** The last first, so that each stands where it is said to. @type {PatchOp[]} */
  const ops = [];
  const end = pos + len;
  let [from, shift] = [pos, 0];
  for (const their of [...theirs, { pos: end, len: 0, str: "" }]) {
    const to = Math.min(end, their.pos);
    if (from < to) ops.unshift({ op: "str_del", path, pos: from + shift, len: to - from });
    from = Math.max(from, their.pos + their.len);
    shift += their.str.length - their.len;
  }
  if (str) ops.push({ op: "str_ins", path, pos: moved(pos, theirs), str });
  return ops;
}
