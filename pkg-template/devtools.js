// @ts-check
// Shows a store in the Redux DevTools, by their protocol.

import { SyncedStoreError } from "./errors.js";
import { telling } from "./host.js";

/** What an app could write with; it is refused what it makes of a state that is not there. */
const WRITES = ["update", "patch", "transact"];

/**
 * @param {any} store
 * @param {{ name?: string | undefined }} [options]
 * @returns {() => void}
 */
export function connectDevtools(store, { name = `draftsync: ${store.room}` } = {}) {
  const { __REDUX_DEVTOOLS_EXTENSION__: extension } = /** @type {any} */ (globalThis);
  if (!extension) return () => {};
  const features = { jump: true, pause: true, export: true };
  const tools = extension.connect({ name, features });
  let recording = true;
  let viewing = false;

  /** Shows a state to whoever reads the store; the store itself knows nothing of it. @param {unknown} state */
  const view = (state) => {
    viewing = true;
    Object.defineProperty(store, "state", { configurable: true, get: () => state });
    for (const write of WRITES) {
      Object.defineProperty(store, write, { configurable: true, value: refuse });
    }
    store[telling]();
  };
  const live = () => {
    if (!viewing) return;
    viewing = false;
    for (const member of ["state", ...WRITES]) delete store[member];
    store[telling]();
  };
  const refuse = () => {
    live();
    const message =
      "the devtools were showing a past state, and what is written was made of that; nothing was written, and now the present is shown again";
    throw new SyncedStoreError("unavailable", message);
  };

  tools.init(store.state);
  const unsubscribe = tools.subscribe((/** @type {any} */ { type, payload, state }) => {
    if (type !== "DISPATCH") return;
    if (/^JUMP/.test(payload.type)) view(JSON.parse(state));
    if (payload.type === "PAUSE_RECORDING") recording = !recording;
    if (!/^(COMMIT|RESET|ROLLBACK)$/.test(payload.type)) return;
    live();
    tools.init(store.state);
  });
  const unpatch = store.on("patch", (/** @type {any} */ { label = "update", patches, origin }) => {
    live();
    if (recording) tools.send({ type: label, patches, origin }, store.state);
  });
  let unwatch = () => {};
  const end = () => {
    live();
    unsubscribe?.();
    unpatch();
    unwatch();
  };
  unwatch = store.status.subscribe((/** @type {any} */ status) => {
    if (status.state === "closed") end();
  });
  return end;
}
