// @ts-check
// A socket that the test speaks through: what the room says, said at once; and stores that have one.

import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { production } from "./package.mjs";

const EPOCH = "fedcba9876543210fedcba9876543210";
const OTHER = "0123456789abcdef0123456789abcdef";

export class FakeSocket {
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null;
  /** @type {((event: { code: number, reason: string }) => void) | null} */
  onclose = null;
  /** What the store has sent. @type {any[]} */
  sent = [];
  closed = false;

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  /** The store closes it. */
  close() {
    this.closed = true;
  }

  /** The room closes it. @param {number} code @param {string} [reason] */
  end(code, reason = "") {
    this.onclose?.({ code, reason });
  }

  open() {
    this.onopen?.();
  }

  /** @param {object} message */
  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** @param {number} version @param {object} snapshot @param {number} [bytesMax] */
  welcome(version, snapshot, bytesMax = 1 << 20) {
    const limits = { message_bytes_max: bytesMax };
    this.say({
      type: "welcome",
      version,
      epoch: EPOCH,
      last_seq: 0,
      results: [],
      snapshot,
      limits,
    });
  }

  /** A change of somebody else. @param {number} version @param {readonly object[]} patch */
  change(version, patch) {
    this.say({
      type: "change",
      version,
      client_id: OTHER,
      seq: version,
      tag: null,
      patch,
    });
  }
}

/** @type {{ dispose: () => void }[]} */
const stores = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.dispose();
});

/**
 * A store that wants a connection, and the sockets that it makes, the newest last.
 * @template {object} T
 * @param {Partial<import("../../../pkg-template/index.js").SyncedStoreOptions<T>> & { initial: T }} options
 */
export function connecting(options) {
  const sockets = /** @type {FakeSocket[]} */ ([]);
  const store = new production.SyncedStore("ws://room.test/rooms/fake", {
    autoConnect: false,
    WebSocket: /** @type {any} */ (() => sockets[sockets.push(new FakeSocket()) - 1]),
    onError: (error) => assert.fail(error),
    ...options,
  });
  stores.push(store);
  store.connect();
  return { store, sockets };
}

/**
 * A store in a room with this content, and the socket through which the room speaks.
 * @template {object} T
 * @param {T} content
 * @param {Partial<import("../../../pkg-template/index.js").SyncedStoreOptions<T>> & { initial: T }} options
 */
export async function connected(content, options) {
  const { store, sockets } = connecting(options);
  const [socket] = sockets;
  socket.open();
  socket.welcome(1, content);
  await store.ready;
  return { store, socket, sockets };
}
