// @ts-check
// A text or a number in the document, with edits that merge.

import { bind } from "./bind.js";
import { pointer, valueAt } from "./path.js";
import { splice, spliceOps } from "./splice.js";

/** @import { Path, PatchOp, Readable, TextField, UpdateOptions, Value } from "./index.js" */
/** @typedef {Pick<import("./store.js").Store<any>, "state" | "select" | "patch">} Store */

/**
 * What must hold for a change, as operations.
 * @param {NonNullable<UpdateOptions["test"]>} tests
 * @returns {PatchOp<Value>[]}
 */
export function guards(tests) {
  return tests.map(({ path, equals }) => ({ op: "test", path: pointer(path), value: equals }));
}

/**
 * @template {string | number} V
 * @param {Store} store
 * @param {Path} path
 * @param {V} none what stands for a value that is not there, and where edits of it begin
 */
function handle(store, path, none) {
  const at = pointer(path);
  /** @type {Readable<V>} */
  const shown = store.select((state) => {
    const value = valueAt(state, at);
    return /** @type {V} */ (typeof value === typeof none ? value : none);
  });
  /** Two first edits both add the same, and then each its own. @param {PatchOp[]} ops */
  const write = (ops) => {
    const there = valueAt(store.state, at) !== undefined;
    return store.patch(there ? ops : [{ op: "add", path: at, value: none }, ...ops]);
  };
  return { at, shown, write };
}

/**
 * @param {Store} store
 * @param {Path} path
 */
export function counter(store, path) {
  const { at, shown, write } = handle(store, path, 0);
  return Object.assign(shown, {
    add: (/** @type {number} */ by) => write([{ op: "inc", path: at, inc: by }]),
  });
}

/**
 * @param {Store} store
 * @param {Path} path
 * @param {(error: any) => void} report is told what goes wrong in a field
 */
export function text(store, path, report) {
  const { at, shown, write } = handle(store, path, "");
  /** @param {number} index @param {string} str */
  const insert = (index, str) => write([{ op: "str_ins", path: at, pos: index, str }]);
  return Object.assign(shown, {
    insert,
    /** @param {number} index @param {number} length */
    delete: (index, length) => write([{ op: "str_del", path: at, pos: index, len: length }]),
    /** @param {string} value @param {number} [cursor] */
    set(value, cursor) {
      // What is no text is refused as what is inserted is.
      if (typeof value !== "string") return insert(0, value);
      return write(spliceOps(at, splice(shown.value, value, cursor)));
    },
    /**
     * @param {TextField} field
     * @param {{ signal?: AbortSignal }} [options]
     */
    bind: (field, options) => bind(field, { text: shown, at, write, report }, options?.signal),
  });
}
