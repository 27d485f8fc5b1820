// @ts-check
// Svelte, from 5.7 on.

import { createSubscriber } from "svelte/reactivity";

/** @import { SyncedStore } from "./index.js" */

/**
 * @param {SyncedStore<any>} store
 * @param {(state: any) => any} [selector]
 * @param {(a: any, b: any) => boolean} [equal]
 */
export function useStore(store, selector = (state) => state, equal = Object.is) {
  /** @type {{ value: any } | undefined} */
  let last;
  // Asked at each reading, because the selector may read other things that change.
  const read = () => {
    const value = selector(store.state);
    if (!last || !equal(last.value, value)) last = { value };
    return last;
  };
  const track = createSubscriber((update) =>
    store.subscribe(() => {
      const before = last;
      if (read() !== before) update();
    }),
  );
  return {
    get current() {
      track();
      return read().value;
    },
  };
}
