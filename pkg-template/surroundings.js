// @ts-check

/** @import { SyncedStore as Core } from "./core.js" */

/**
 * Tells the core of the network and of the page's life, where there are such things: in a page and
 * in part in a worker, not in Node.
 * @param {Pick<Core, "noticed">} core
 * @param {string} url the room's
 * @returns {() => void} ends it
 */
export function watch(core, url) {
  const ending = new AbortController();
  const { signal } = ending;
  const { document, navigator } = globalThis;
  // A room on this machine needs no network.
  const far = !/^(localhost|127\.|\[::1\])/.test(new URL(url).hostname);
  const network = () => core.noticed(!far || navigator?.onLine !== false);
  /** @type {(target: EventTarget, type: string, listener: (event: any) => void) => void} */
  const on = (target, type, listener) => target.addEventListener?.(type, listener, { signal });

  for (const type of far ? ["online", "offline"] : []) on(globalThis, type, network);
  if (navigator?.onLine === false) network();
  if (document) {
    on(document, "visibilitychange", () => document.hidden || core.noticed());
    // A page that may come back keeps no socket meanwhile: the browser would close it unheard.
    on(globalThis, "pagehide", () => core.noticed(false));
    on(globalThis, "pageshow", (event) => event.persisted && network());
  }
  return () => ending.abort();
}
