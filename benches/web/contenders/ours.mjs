// @ts-check
// The built package, production build, on a socket that leads nowhere.

import { SyncedStore } from "draftsync";
import { ack, change } from "../frames.mjs";
import { toggle, toggleAll, takeFront, unshift } from "./replica.mjs";

/**
 * @import { Doc, Item } from "../document.mjs"
 * @import { Contender, Replica } from "./replica.mjs"
 */

/** The four members of a WebSocket that the store uses, and a list of what it sends. */
export class FakeSocket {
  onopen = () => {};
  /** @param {{ data: string }} _event */
  onmessage = (_event) => {};
  onclose = () => {};
  /** @type {string[]} */
  sent = [];

  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }

  close() {}
}

/** A connected store that waits for `welcome`, and its socket. */
export function connected() {
  const sockets = /** @type {FakeSocket[]} */ ([]);
  const store = new SyncedStore("ws://localhost/rooms/bench", {
    initial: /** @type {Doc} */ ({ title: "", items: [] }),
    autoConnect: false,
    WebSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return /** @type {any} */ (socket);
    },
    onError: (error) => {
      throw error;
    },
  });
  store.connect();
  const [socket] = sockets;
  socket.onopen();
  socket.sent.length = 0;
  return { store, socket, sockets };
}

/** @implements {Replica} */
class Ours {
  /** @param {ReturnType<typeof connected>} parts */
  constructor({ store, socket }) {
    this.store = store;
    this.socket = socket;
    this.sent = socket.sent;
  }

  get state() {
    return /** @type {Doc} */ (this.store.state);
  }

  /** @param {number} k */
  toggle(k) {
    this.store.update(toggle(k));
  }

  /** @param {Item} item */
  unshift(item) {
    this.store.update(unshift(item));
  }

  /** @param {number[]} ks */
  toggleAll(ks) {
    this.store.update(toggleAll(ks));
  }

  /** @param {string} frame */
  receive(frame) {
    this.socket.onmessage({ data: frame });
  }

  answer() {
    return ack(JSON.parse(this.sent[this.sent.length - 1]));
  }

  /** @param {Doc} _before @param {number} m */
  undo(_before, m) {
    this.store.update(takeFront(m));
  }

  close() {
    this.store.dispose();
  }
}

/** @type {Contender} */
export const ours = {
  id: "ours",
  connect() {
    const parts = connected();
    return (welcome) => {
      parts.socket.onmessage({ data: welcome });
      return new Ours(parts);
    };
  },
  relay(sent, version) {
    const { changes } = JSON.parse(sent);
    if (changes.length !== 1) throw new Error(`one change was pushed alone, not ${changes.length}`);
    return change(JSON.stringify(changes[0].patch), version);
  },
};
