// @ts-check
// What the pages of all frameworks have: a room from the address, and things that count.

import { SyncedStore } from "draftsync";

const query = new URLSearchParams(location.search);
const page = /** @type {any} */ (globalThis);

export const url = query.get("room") ?? "";
export const wanted = query.get("case") ?? "";

/** @typedef {{ text: string, done: boolean, id?: string }} Todo */

export const initial = { title: "initial", votes: 0, todos: /** @type {Todo[]} */ ([]) };

/** A store of the room that the tests can see. @param {Partial<import("draftsync").SyncedStoreOptions<typeof initial>>} [options] */
export function newStore(options) {
  return (page.store = new SyncedStore(url, { initial, ...options }));
}

/** How often each part was rendered. @type {Record<string, number>} */
export const renders = (page.renders = {});

/**
 * What a part shows; counted.
 * @param {string} name
 * @param {unknown} value
 */
export function rendered(name, value) {
  renders[name] = (renders[name] ?? 0) + 1;
  return JSON.stringify(value);
}

/** @param {readonly unknown[]} a @param {readonly unknown[]} b */
export const sameItems = (a, b) =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/**
 * What the parts select, for all frameworks.
 * @type {Record<string, [select: (state: any) => any, equal?: (a: any, b: any) => boolean]>}
 */
export const PARTS = {
  title: [(state) => state.title],
  count: [(state) => state.todos.length],
  open: [(state) => state.todos.filter((/** @type {Todo} */ todo) => !todo.done), sameItems],
  whole: [(state) => state.votes],
};

/** A store whose listeners are counted, in `listeners`. @param {SyncedStore<typeof initial>} store */
export function counted(store) {
  page.listeners = 0;
  return /** @type {typeof store} */ (
    /** @type {unknown} */ ({
      get state() {
        return store.state;
      },
      getSnapshot: store.getSnapshot,
      getServerSnapshot: store.getServerSnapshot,
      /** @param {() => void} listener */
      subscribe(listener) {
        page.listeners += 1;
        const end = store.subscribe(listener);
        return () => {
          page.listeners -= 1;
          end();
        };
      },
    })
  );
}
