// @ts-check
// What the store asks of the place where it runs.

import { SyncedStoreError } from "./errors.js";

// Not every browser has these symbols; transpiled code then looks for the registered ones.
/** @type {typeof Symbol.dispose} */
export const disposing = Symbol.dispose ?? Symbol.for("Symbol.dispose");
/** @type {typeof Symbol.asyncDispose} */
export const asyncDisposing = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** Lets everybody read `state` again: `draftsync/devtools` puts another in its place. */
export const telling = Symbol.for("draftsync.tell");

/** Whether this is a page or a worker of one, and not a server that renders. */
export function inBrowser() {
  return "window" in globalThis || "WorkerGlobalScope" in globalThis;
}

/** Where relative addresses lead while there is no page, as on a server that renders: nowhere. */
const NO_PAGE = "ws://no-page.invalid/";

/**
 * The address of a room, for a socket, and the room's name.
 * @param {string | URL} url
 */
export function address(url) {
  let parsed;
  try {
    // In a page the address may be relative, as for a socket.
    parsed = new URL(url, globalThis.location?.href ?? NO_PAGE);
  } catch {
    throw wrong(url);
  }
  parsed.protocol = parsed.protocol.replace("http", "ws");
  parsed.hash = "";
  const room = /\/rooms\/(.+)$/.exec(parsed.pathname)?.[1];
  // Dots alone cannot come here: parsing an address takes them away.
  const names = /^[\w.~-]{1,128}(\/[\w.~-]{1,128})*$/;
  if (!/^wss?:$/.test(parsed.protocol) || !room || !names.test(room)) throw wrong(url);
  return { url: parsed.href, room };
}

/** @param {string | URL} url */
function wrong(url) {
  // A server refuses other names before a socket opens, and a page is not told why.
  return new SyncedStoreError(
    "protocol",
    `"${url}" names no room; write ws://host/rooms/name, with a name of letters, digits and . _ ~ -`,
  );
}

/**
 * Throws where no socket can be opened.
 * @param {string} url the room's
 * @param {unknown} given what the app gave to make sockets
 */
export function needSocket(url, given) {
  let message;
  if (url.startsWith(NO_PAGE)) message = "there is no page here; write ws://host/rooms/name";
  else if (given || globalThis.WebSocket) return;
  else message = "there is no WebSocket here; give one as options.WebSocket";
  throw new SyncedStoreError("network", message);
}

/**
 * @param {SyncedStoreError} error
 * @param {Pick<import("./index.js").SyncedStoreOptions<object>, "onError" | "logLevel">} options
 */
export function report(error, { onError, logLevel }) {
  try {
    if (onError) onError(error);
    else if (logLevel !== "silent") console.error(error);
  } catch (thrown) {
    console.error(thrown);
  }
}
