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
  /** What to tell of; nothing when the selector throws, which is for those to hear who read. */
  const tried = () => {
    try {
      return read();
    } catch {
      return (last = undefined);
    }
  };
  const track = createSubscriber((update) => {
    // Not what was read last: that may have been between a change and its listeners.
    let told = tried();
    return store.subscribe(() => {
      const before = told;
      told = tried();
      if (!told || told !== before) update();
    });
  });
  return {
    get current() {
      track();
      return read().value;
    },
  };
}
