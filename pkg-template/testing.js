// @ts-check
// A server without a network: the room of draftsync-server, in the process of a test.

import { disposing } from "./host.js";
import { initSync } from "./testing.core.js";
import { Network, TestSocket, chanceFrom } from "./testing-network.js";
import { HostedRoom } from "./testing-room.js";
import text from "./testing.text.js";
import { decode } from "./text.js";

/** @import { AuthorizeRequest, LoggedChange, NetworkOptions, TestServer as Shown, TestServerOptions } from "./testing.js" */
/** @import { Json } from "./index.js" */

/** Close codes after which a client comes again. */
const COMING_AGAIN = [1006, 1012, 4409];
/** How long `settled` waits, unless the test says otherwise. */
const SETTLED_MS = 5000;

let servers = 0;

/** @param {TestServerOptions} [options] */
export function createTestServer(options) {
  return new TestServer(options);
}

/** @implements {Shown} */
class TestServer {
  network = new Network();
  disposed = false;
  #number = ++servers;
  #sessions = 0;
  #seed;
  #chance;
  #authorize;
  /** @type {Map<string, HostedRoom>} */
  #rooms = new Map();
  /** Those that are in a room, or on the way. @type {Map<number, TestSocket>} */
  #sockets = new Map();
  /** Lost connections in whose place another one will be made. @type {Set<TestSocket>} */
  #away = new Set();

  /** @param {TestServerOptions} [options] */
  constructor({ seed = 1, authorize, ...network } = {}) {
    if (!Number.isInteger(seed)) throw new RangeError(`seed is a whole number, not ${seed}`);
    this.#seed = seed;
    this.#chance = chanceFrom(seed);
    this.#authorize = authorize;
    this.setNetwork(network);
    initSync({ module: decode(text) });
    const server = this;
    this.WebSocket = /** @type {typeof WebSocket} */ (
      /** @type {unknown} */ (
        class extends TestSocket {
          /**
           * @param {string | URL} url
           * @param {string | string[]} [protocols]
           */
          constructor(url, protocols) {
            const session = ++server.#sessions;
            // Each has a chance of its own, so that what befalls it does not depend on the others.
            super(
              server,
              session,
              chanceFrom(Math.imul(session, 0x85ebca6b) ^ seed),
              url,
              protocols,
            );
            server.#sockets.set(session, this);
            server.#connecting(this.room);
          }
        }
      )
    );
  }

  /** @param {string} room */
  url(room) {
    return `ws://localhost:${this.#number}/rooms/${room}`;
  }

  /** @param {NetworkOptions} options */
  setNetwork({ latency, loss }) {
    if (latency !== undefined) {
      const [min, max = min] = typeof latency === "number" ? [latency] : latency;
      if (!(min >= 0 && max >= min && max < Infinity)) {
        throw new RangeError(`latency is milliseconds, or [min, max], not ${latency}`);
      }
      this.network.latency = [min, max];
    }
    if (loss === undefined) return;
    if (!(loss >= 0 && loss <= 1)) throw new RangeError(`loss is from 0 to 1, not ${loss}`);
    this.network.loss = loss;
  }

  pause() {
    this.network.pause(true);
  }

  resume() {
    this.network.pause(false);
  }

  cut() {
    for (const socket of [...this.network.sockets]) socket.drop();
  }

  expireTokens() {
    for (const socket of this.#sockets.values()) {
      if (socket.clientId) socket.deliver('{"type":"auth_expiring"}');
    }
  }

  /** @param {{ keep?: boolean | undefined }} [options] */
  restart({ keep = true } = {}) {
    for (const socket of [...this.network.sockets]) socket.drop(1012);
    for (const [name, room] of this.#rooms) {
      if (keep) room.restart(this.#epoch());
      else this.#forget(name, room);
    }
  }

  /** @param {{ timeoutMs?: number | undefined }} [options] */
  async settled({ timeoutMs = SETTLED_MS } = {}) {
    let late = false;
    const timer = globalThis.setTimeout(() => {
      late = true;
      this.network.changed();
    }, timeoutMs);
    try {
      // What a store does in answer may come a moment later.
      for (await turn(); this.#unsettled(); await turn()) {
        if (late) throw new Error(this.#complaint(timeoutMs));
        await this.network.change();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {string} room
   * @returns {Json | undefined}
   */
  document(room) {
    return this.#rooms.get(room)?.document;
  }

  /**
   * @param {string} room
   * @returns {LoggedChange[]}
   */
  log(room) {
    return this.#rooms.get(room)?.log ?? [];
  }

  dispose() {
    if (this.disposed) return;
    this.disposed = true;
    this.cut();
    this.#away.clear();
    for (const [name, room] of this.#rooms) this.#forget(name, room);
    this.network.changed();
  }

  [disposing]() {
    this.dispose();
  }

  // What sockets tell.

  /**
   * Somebody comes: of those whose name is not known any more, or never was, it is the first.
   * @param {string} room
   */
  #connecting(room) {
    for (const away of this.#away) {
      if (away.room !== room || (away.clientId && !away.strange)) continue;
      this.#away.delete(away);
      return;
    }
  }

  /**
   * @param {TestSocket} socket
   * @param {string} text
   */
  said(socket, text) {
    if (socket.clientId) return;
    const hello = read(text);
    socket.clientId = String(hello.client_id);
    for (const other of this.#away) {
      if (other.room !== socket.room || other.clientId !== socket.clientId) continue;
      this.#away.delete(other);
    }
  }

  /**
   * @param {TestSocket} socket
   * @param {string} text
   */
  arrived(socket, text) {
    const message = read(text);
    if (message.type === "hello" || message.type === "auth") {
      if (!this.#admit(socket, message.token)) return;
    }
    const room = this.#open(socket.room);
    if (message.epoch !== undefined) socket.strange = message.epoch !== room.epoch;
    const refused = message.type === "push" ? this.#refused(socket, message.changes) : [];
    room.frame(socket, text, refused);
  }

  /** @param {TestSocket} socket */
  left(socket) {
    if (!this.#sockets.delete(socket.session)) return;
    this.#rooms.get(socket.room)?.closed(socket.session);
  }

  /**
   * @param {TestSocket} socket
   * @param {number} code
   */
  ended(socket, code) {
    if (COMING_AGAIN.includes(code) && !this.disposed) this.#away.add(socket);
  }

  /** @param {TestSocket} socket */
  abandoned(socket) {
    this.#away.delete(socket);
    this.network.changed();
  }

  // What rooms say, and who may say what.

  /** @param {string} name */
  #open(name) {
    let room = this.#rooms.get(name);
    if (!room) {
      room = new HostedRoom(this.#epoch(), (said) => this.#carryOut(said));
      this.#rooms.set(name, room);
    }
    return room;
  }

  /**
   * @param {string} name
   * @param {HostedRoom} room
   */
  #forget(name, room) {
    this.#rooms.delete(name);
    room.free();
  }

  /** The name of a room's history. */
  #epoch() {
    const digits = () => Math.floor(this.#chance() * 2 ** 32).toString(16);
    return [0, 0, 0, 0].map(() => digits().padStart(8, "0")).join("");
  }

  /** @param {import("./testing-room.js").Said} said */
  #carryOut(said) {
    if ("to" in said) for (const to of said.to) this.#sockets.get(to)?.deliver(said.text);
    else this.#sockets.get(said.close)?.shut(said.code, said.reason);
  }

  /**
   * @param {TestSocket} socket
   * @param {string | undefined} token
   */
  #admit(socket, token) {
    socket.token = token;
    const answer = this.#ask(socket, undefined);
    if (typeof answer === "object") {
      Object.assign(socket, answer);
      return true;
    }
    const message = "authorize does not let this client in";
    socket.deliver(JSON.stringify({ type: "error", code: answer, message }));
    socket.shut(answer === "unauthorized" ? 4401 : 4403, answer);
    return false;
  }

  /**
   * The places of the changes that are not to be taken.
   * @param {TestSocket} socket
   * @param {unknown} changes
   */
  #refused(socket, changes) {
    // Who may only read is told so by the room.
    if (!this.#authorize || !socket.writes || !Array.isArray(changes)) return [];
    return changes.flatMap(({ tag, patch }, at) => {
      const answer = this.#ask(socket, { id: tag, patches: patch });
      return typeof answer === "object" && answer.writes ? [] : [at];
    });
  }

  /**
   * What a client may do, or why it may nothing.
   * @param {TestSocket} socket
   * @param {AuthorizeRequest["change"]} change
   * @returns {{ writes: boolean, user: Json } | "forbidden" | "unauthorized"}
   */
  #ask({ room, clientId, token }, change) {
    /** @type {any} */
    const answer = this.#authorize ? this.#authorize({ room, clientId, token, change }) : true;
    if (answer === false) return "forbidden";
    if (answer === "unauthorized") return answer;
    if (answer === true || answer === "read") return { writes: answer === true, user: null };
    if (typeof answer?.then !== "function" && answer && typeof answer === "object") {
      return { writes: answer.write !== false, user: answer.user ?? null };
    }
    throw new TypeError(
      `authorize answered ${answer}; the answer is true, false, "read", "unauthorized" or { user, write }, at once`,
    );
  }

  #unsettled() {
    return this.network.frames + this.#away.size > 0;
  }

  /** @param {number} timeoutMs */
  #complaint(timeoutMs) {
    const parts = [];
    const { frames, paused } = this.network;
    if (frames === 1) parts.push("1 frame is on its way");
    if (frames > 1) parts.push(`${frames} frames are on their way`);
    if (paused) parts.push("the network is paused until resume() is called");
    for (const { clientId, room } of this.#away) {
      const client = clientId ? `the client ${clientId}` : "a client";
      parts.push(
        `${client} of "${room}" has lost its connection and not come again, as one that has called disconnect() meanwhile never does`,
      );
    }
    return `the test server has not settled within ${timeoutMs} ms: ${parts.join("; ")}`;
  }
}

/** @param {string} text @returns {any} */
function read(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * Lets everything happen that waits for no timer. Not by a timer, which a test may have replaced.
 * @returns {Promise<void>}
 */
async function turn() {
  // Some environments of tests, as Jest's pages, have no channels.
  if (!globalThis.MessageChannel) {
    for (let n = 0; n < 100; n++) await Promise.resolve();
    return;
  }
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(0);
  });
  port1.close();
}
