// @ts-check
// What the bindings share.

/**
 * What a server shows, and hydration begins with: no connection is alike on both sides.
 * @type {import("./index.js").Status}
 */
export const LOADING = { state: "loading", pending: 0 };

/**
 * A selector that remembers: the same state gives the same value, and a value equal to the last one
 * gives the last one, so that frameworks which compare by identity see no change.
 *
 * @param {(state: any) => any} [selector]
 * @param {(a: any, b: any) => boolean} [equal]
 * @param {{ value: any }} [last] what was selected before there was this selector
 * @returns {(state: object) => any}
 */
export function remembering(selector = (state) => state, equal = Object.is, last) {
  /** @type {object | undefined} */
  let from;
  return (state) => {
    if (state !== from) {
      const value = selector(state);
      if (!last || !equal(last.value, value)) last = { value };
      from = state;
    }
    return last?.value;
  };
}
