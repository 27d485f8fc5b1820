// @ts-check
// Vue, from 3.4 on.

import { computed, getCurrentInstance, onMounted, onScopeDispose, shallowRef } from "vue";
import { LOADING } from "./select.js";

/** @import { Readable, SyncedStore } from "./index.js" */

/**
 * @param {SyncedStore<any>} store
 * @param {(state: any) => any} [selector]
 * @param {(a: any, b: any) => boolean} [equal]
 */
export function useStore(store, selector = (state) => state, equal = Object.is) {
  const state = following(store.getSnapshot, store.subscribe, store.getServerSnapshot);
  /** @type {{ value: any } | undefined} */
  let last;
  // Runs again also when something else has changed that the selector reads.
  return computed(() => {
    const value = selector(state.value);
    if (!last || !equal(last.value, value)) last = { value };
    return last.value;
  });
}

/**
 * @template V
 * @param {Readable<V>} readable
 * @param {V} [serverValue]
 */
export function useReadable({ get, subscribe }, serverValue) {
  const value = following(get, subscribe, serverValue === undefined ? get : () => serverValue);
  return computed(() => value.value);
}

/** @param {SyncedStore<any>} store */
export function useStatus(store) {
  return useReadable(store.status, LOADING);
}

/**
 * A value that changes, for as long as the component or scope lives.
 * @template V
 * @param {() => V} get
 * @param {(listener: () => void) => () => void} listen
 * @param {() => V} getServer
 */
function following(get, listen, getServer) {
  const instance = getCurrentInstance();
  // On a server nothing tells when a component has gone; only what is outside of one listens there.
  const onServer = instance && typeof window === "undefined";
  // Vue gives an element to a component before it is set up only when it is to be hydrated.
  const hydrating = !!instance?.vnode.el;
  const value = shallowRef(onServer || hydrating ? getServer() : get());
  let end = () => {};
  const begin = () => {
    const update = () => {
      value.value = get();
    };
    end = listen(update);
    update();
  };
  if (hydrating) onMounted(begin);
  else if (!onServer) begin();
  onScopeDispose(() => end(), true);
  return value;
}
