// @ts-check
// Solid, from 1.6 on.

import {
  createComputed,
  createMemo,
  createSignal,
  onCleanup,
  onMount,
  sharedConfig,
  untrack,
} from "solid-js";
import { createStore, reconcile, unwrap } from "solid-js/store";
import { LOADING } from "./select.js";

/** @import { Readable, SyncedStore } from "./index.js" */

/**
 * @param {SyncedStore<any>} store
 * @param {(state: any) => any} [selector]
 * @param {(a: any, b: any) => boolean} [equal]
 */
export function useStore(store, selector = (state) => state, equal = Object.is) {
  const state = following(store.getSnapshot, store.subscribe, store.getServerSnapshot);
  return createMemo(() => selector(state()), undefined, { equals: equal });
}

/**
 * @template V
 * @param {Readable<V>} readable
 * @param {V} [serverValue]
 */
export function useReadable({ get, subscribe }, serverValue) {
  return following(get, subscribe, serverValue === undefined ? get : () => serverValue);
}

/** @param {SyncedStore<any>} store */
export function useStatus(store) {
  return useReadable(store.status, LOADING);
}

/**
 * @param {SyncedStore<any>} store
 * @param {{ key?: string | null }} [options]
 */
export function createStoreMirror(store, { key = "id" } = {}) {
  const state = useStore(store);
  let shown = untrack(state);
  const [mirror, set] = createStore(copied(key, shown));
  createComputed(() => {
    const next = state();
    set(reconcile(copied(key, next, shown, unwrap(mirror)), { key }));
    shown = next;
  });
  return mirror;
}

/**
 * A copy of a state for Solid, which edits what it is given, and may not edit a state. Where nothing
 * has changed since the last one it has the very parts of the copy of that, which `reconcile` skips.
 *
 * @param {string | null} key
 * @param {any} next
 * @param {any} [last]
 * @param {any} [copy] of `last`
 * @returns {any}
 */
function copied(key, next, last, copy) {
  if (next === null || typeof next !== "object") return next;
  if (next === last) return copy;
  if (Array.isArray(next)) return copiedList(key, next, Array.isArray(last) ? last : [], copy);
  const before = last && !Array.isArray(last) ? last : {};
  return Object.fromEntries(
    Object.entries(next).map(([name, part]) => [
      name,
      copied(key, part, before[name], copy?.[name]),
    ]),
  );
}

/**
 * Items are known again at the start and at the end only: were one known in another place,
 * `reconcile` might edit it before it has read it.
 *
 * @param {string | null} key
 * @param {readonly any[]} next
 * @param {readonly any[]} last
 * @param {any} copy
 */
function copiedList(key, next, last, copy) {
  const more = next.length - last.length;
  const most = Math.min(next.length, last.length);
  let start = 0;
  while (start < most && next[start] === last[start]) start++;
  let end = next.length;
  // An item with the key of the one that was in its place is made of that one, which then is no
  // item further on any more.
  const taken = more && key && last[start]?.[key] && last[start][key] === next[start]?.[key];
  if (!taken)
    while (end - Math.max(more, 0) > start && next[end - 1] === last[end - more - 1]) end--;
  const onlyOne = !more && end - start === 1;
  return next.map((item, index) => {
    if (index < start) return copy[index];
    if (index >= end) return copy[index - more];
    return onlyOne ? copied(key, item, last[index], copy[index]) : copied(key, item);
  });
}

/**
 * A value that changes, for as long as its owner lives. On a server it never does: nothing is
 * mounted there.
 * @template V
 * @param {() => V} get
 * @param {(listener: () => void) => () => void} listen
 * @param {() => V} getServer
 */
function following(get, listen, getServer) {
  const [value, set] = createSignal(sharedConfig.context ? getServer() : get());
  onMount(() => {
    const update = () => void set(get);
    onCleanup(listen(update));
    update();
  });
  return value;
}
