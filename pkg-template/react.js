// @ts-check
"use client";
// React, from 18 on.

import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useSyncExternalStore,
} from "react";
import { SyncedStore } from "draftsync";
import { authorize, entryOf, newEntry, use } from "./registry.js";
import { LOADING, remembering } from "./select.js";

/** @import { Peer, Readable, SyncedStoreOptions } from "./index.js" */

/** Who is on a server, and there while hydrating. @type {readonly Peer<any>[]} */
const NOBODY = [];

/**
 * @param {SyncedStore<any>} store
 * @param {(state: any) => any} [selector]
 * @param {(a: any, b: any) => boolean} [equal]
 */
export function useStore(store, selector, equal) {
  /** @type {import("react").RefObject<{ value: any } | undefined>} */
  const shown = useRef(undefined);
  // An inline selector is another one each time; what it gives is compared with what is shown.
  const select = useMemo(
    () => remembering(selector, equal, shown.current),
    [store, selector, equal],
  );
  const value = useSyncExternalStore(
    store.subscribe,
    () => select(store.getSnapshot()),
    () => select(store.getServerSnapshot()),
  );
  useEffect(() => {
    shown.current = { value };
  });
  return value;
}

/**
 * @template V
 * @param {Readable<V>} readable
 * @param {V} [serverValue]
 * @returns {V}
 */
export function useReadable({ subscribe, get }, serverValue) {
  return useSyncExternalStore(subscribe, get, serverValue === undefined ? get : () => serverValue);
}

/** @param {SyncedStore<any>} store */
export function useStatus(store) {
  return useReadable(store.status, LOADING);
}

/** @param {SyncedStore<any, any>} store */
export function usePresence({ presence }) {
  const peers = useReadable(presence, NOBODY);
  const update = useCallback((/** @type {any} */ change) => presence.update(change), [presence]);
  return useMemo(() => {
    const self = peers.find((peer) => peer.self) ?? presence.self;
    const others = peers.filter((peer) => !peer.self);
    // Its name is another one on a server.
    return { self: peers === NOBODY ? { ...self, id: "", lastSeen: 0 } : self, others, update };
  }, [presence, peers]);
}

/**
 * @param {string} url
 * @param {SyncedStoreOptions<any>} options
 */
export function useSyncedStore(url, options) {
  const [, again] = useReducer((count) => count + 1, 0);
  const onServer = typeof window === "undefined";
  const entry = onServer ? renderOnly(url, options) : entryOf(url, options);
  const { auth } = options;
  useEffect(() => authorize(entry, auth), [entry, auth]);
  useEffect(() => {
    const end = use(url, entry);
    // A hidden tree comes back with effects and without rendering, and its store may have ended.
    if (!end) again();
    return end;
  }, [url, entry]);
  return entry.store;
}

/**
 * A store to render with on a server: it has `initial`, belongs to nobody else, and ends at once,
 * because nothing tells when the page is done.
 * @param {string} url
 * @param {SyncedStoreOptions<any>} options
 */
function renderOnly(url, options) {
  const store = new SyncedStore(url, { ...options, persist: undefined, autoConnect: false });
  store.dispose();
  // `initial` is all that will ever be here. React need not wait for a promise that says so itself.
  const said = { status: "fulfilled", value: store };
  Object.defineProperty(store, "ready", { value: Object.assign(Promise.resolve(store), said) });
  return newEntry(store, undefined);
}

export function createStoreContext() {
  const Context = createContext(/** @type {SyncedStore<any, any> | undefined} */ (undefined));
  const useSyncedStore = () => {
    const store = useContext(Context);
    if (!store) throw new Error("no store here: render this inside the Provider of its context");
    return store;
  };
  return {
    /** @param {{ store: SyncedStore<any, any>, children?: import("react").ReactNode }} props */
    Provider: ({ store, children }) => createElement(Context.Provider, { value: store }, children),
    useSyncedStore,
    /** @type {(selector?: any, equal?: any) => any} */
    useStore: (selector, equal) => useStore(useSyncedStore(), selector, equal),
    useStatus: () => useStatus(useSyncedStore()),
    usePresence: () => usePresence(useSyncedStore()),
  };
}
