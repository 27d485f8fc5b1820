// @ts-check
// Development only: says, once for each store, why it may not get into its room. A browser tells a
// page nothing about a socket that was not opened, but whether anything answers it can find out.

import { address } from "./host.js";

/** @typedef {import("./index.js").SyncedStoreOptions<any>} Options */

/** Whoever does not answer for so long is not there. */
const PATIENCE_MS = 5_000;

/**
 * @param {{ status: import("./index.js").SyncedStore<any>["status"] }} store
 * @param {string | URL} url
 * @param {Options} options
 */
export function advise(store, url, { WebSocket, logLevel }) {
  // Sockets of the app's own go where only the app knows.
  if (WebSocket || logLevel === "silent") return;
  const end = store.status.subscribe((status) => {
    const lost = status.state === "offline" && status.retryAt !== null;
    if (!lost && status.state !== "connected" && status.state !== "closed") return;
    // The first call comes before `subscribe` has returned, and is about no connection yet.
    queueMicrotask(() => end());
    if (lost) void explain(new URL(address(url).url));
  });
}

/** @param {URL} room */
async function explain({ protocol, host, pathname }) {
  const base = `${protocol.replace("ws", "http")}//${host}`;
  const below = pathname.slice(0, pathname.indexOf("/rooms/"));
  const why = await ask(base, `${base}${below}/healthz`);
  console.warn(
    `draftsync: ${why}. The store goes on trying; see draftsync/docs/errors.md#no-connection`,
  );
}

/**
 * @param {string} base
 * @param {string} url
 */
async function ask(base, url) {
  try {
    const answer = await fetch(url, { mode: "no-cors", signal: AbortSignal.timeout(PATIENCE_MS) });
    // Of another origin a page may know that there is an answer, and not which.
    if (answer.type === "opaque") {
      const { origin } = globalThis.location;
      return `${base} answers, but opens no room for pages of ${origin}; if it is a draftsync-server start it with --allow-origin ${origin}, else mend the address`;
    }
    if (answer.ok && (await answer.text()) === "ok") {
      return `the draftsync-server at ${base} opens no room at the moment; its log says why`;
    }
    return `${base} is no draftsync-server; mend the address, where a relative one means the server that the page came from`;
  } catch {
    return `nothing answers at ${base}; start draftsync-server there, or mend the address`;
  }
}
