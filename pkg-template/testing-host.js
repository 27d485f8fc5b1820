// @ts-check
// What the sockets of a test server lead to: rooms, and who may say what in them.

import { Network, TestSocket, chanceFrom } from "./testing-network.js";
import { HostedRoom } from "./testing-room.js";

/** @import { AuthorizeRequest, TestServerOptions } from "./testing.js" */
/** @import { Json } from "./index.js" */

/** Close codes after which a client comes again. */
const COMING_AGAIN = [1006, 1012, 4409];

export class Host {
  network = new Network();
  disposed = false;
  /** @type {Map<string, HostedRoom>} */
  rooms = new Map();
  #sessions = 0;
  #seed;
  #chance;
  #authorize;
  /** Those that are in a room, or on the way. @type {Map<number, TestSocket>} */
  #sockets = new Map();
  /** Lost connections in whose place another one will be made. @type {Set<TestSocket>} */
  #away = new Set();

  /**
   * @param {number} seed
   * @param {TestServerOptions["authorize"]} authorize
   */
  constructor(seed, authorize) {
    this.#seed = seed;
    this.#chance = chanceFrom(seed);
    this.#authorize = authorize;
  }

  /** What it still waits for, in words; nothing when everything has arrived. */
  get unsettled() {
    const parts = [];
    const { frames, paused } = this.network;
    if (frames === 1) parts.push("1 frame is on its way");
    if (frames > 1) parts.push(`${frames} frames are on their way`);
    for (const { clientId, room } of this.#away) {
      const client = clientId ? `the client ${clientId}` : "a client";
      parts.push(
        `${client} of "${room}" has lost its connection and not come again, as one that has called disconnect() meanwhile never does`,
      );
    }
    if (parts.length && paused) parts.push("the network is paused until resume() is called");
    return parts.join("; ");
  }

  expireTokens() {
    for (const socket of this.#sockets.values()) {
      if (socket.clientId) socket.deliver('{"type":"auth_expiring"}');
    }
  }

  /** @param {boolean} keep */
  restart(keep) {
    this.#drop(1012);
    for (const [name, room] of this.rooms) {
      if (keep) room.restart(this.#epoch());
      else this.#forget(name, room);
    }
  }

  cut() {
    this.#drop(1006);
  }

  dispose() {
    if (this.disposed) return;
    this.disposed = true;
    this.cut();
    this.#away.clear();
    for (const [name, room] of this.rooms) this.#forget(name, room);
    this.network.changed();
  }

  // What sockets tell.

  /**
   * Somebody comes, and gets a number and a chance of their own, so that what befalls them does not
   * depend on the others. Of those whose name is not known any more, or never was, it is the first.
   * @param {TestSocket} socket
   */
  connecting(socket) {
    const session = ++this.#sessions;
    this.#sockets.set(session, socket);
    for (const away of this.#away) {
      if (away.room !== socket.room || (away.clientId && !away.strange)) continue;
      this.#away.delete(away);
      break;
    }
    return { session, chance: chanceFrom(Math.imul(session, 0x85ebca6b) ^ this.#seed) };
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
    this.rooms.get(socket.room)?.closed(socket.session);
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

  /** @param {number} code */
  #drop(code) {
    for (const socket of [...this.network.sockets]) socket.drop(code);
  }

  /** @param {string} name */
  #open(name) {
    let room = this.rooms.get(name);
    if (!room) {
      room = new HostedRoom(this.#epoch(), (said) => this.#carryOut(said));
      this.rooms.set(name, room);
    }
    return room;
  }

  /**
   * @param {string} name
   * @param {HostedRoom} room
   */
  #forget(name, room) {
    this.rooms.delete(name);
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
}

/** @param {string} text @returns {any} */
function read(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
