// @ts-check
// A network that is only pretended: sockets whose frames take their time, and may be lost with
// their whole connection, as a WebSocket loses them.

/**
 * What a socket leads to.
 * @typedef {object} Host
 * @property {Network} network
 * @property {boolean} disposed
 * @property {(socket: TestSocket) => { session: number, chance: () => number }} connecting a client makes it
 * @property {(socket: TestSocket, text: string) => void} said the client has sent a frame
 * @property {(socket: TestSocket, text: string) => void} arrived it is here
 * @property {(socket: TestSocket) => void} left the connection is over, for the room
 * @property {(socket: TestSocket, code: number) => void} ended it is over for the client, which did not end it, or only to come again
 * @property {(socket: TestSocket) => void} abandoned the client wants no other connection in its place
 */

/**
 * Chance from a seed: numbers from 0 to 1, without 1.
 * @param {number} seed
 */
export function chanceFrom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** How long frames take, which of them are lost, and who waits for all of them. */
export class Network {
  /** The shortest and the longest way, in milliseconds. */
  latency = [0, 0];
  /** How probable it is that a frame's connection is cut. */
  loss = 0;
  paused = false;
  /** The sockets that are not closed. @type {Set<TestSocket>} */
  sockets = new Set();
  /** @type {(() => void)[]} */
  #waiting = [];

  get frames() {
    return [...this.sockets].reduce((sum, socket) => sum + socket.frames, 0);
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.paused = paused;
    for (const socket of [...this.sockets]) socket.flow();
  }

  /** Resolves when anything has arrived, or ended. */
  change() {
    return /** @type {Promise<void>} */ (new Promise((resolve) => this.#waiting.push(resolve)));
  }

  changed() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** One direction of a connection: what is put in comes out later, in the same order. */
class Line {
  /** @type {{ here: boolean, act: () => void }[]} */
  #frames = [];
  #network;
  #chance;
  #cut;

  /**
   * @param {Network} network
   * @param {() => number} chance
   * @param {() => void} cut happens in the place of a frame that is lost
   */
  constructor(network, chance, cut) {
    this.#network = network;
    this.#chance = chance;
    this.#cut = cut;
  }

  get length() {
    return this.#frames.length;
  }

  /**
   * @param {() => void} act happens on arrival
   * @param {boolean} [safe] whether it cannot be lost
   */
  put(act, safe) {
    const { latency, loss } = this.#network;
    const [min, max] = latency;
    const lost = this.#chance() < loss && !safe;
    const frame = { here: false, act: lost ? this.#cut : act };
    this.#frames.push(frame);
    after(min + this.#chance() * (max - min), () => {
      frame.here = true;
      this.flow();
    });
  }

  /** Lets out what is here and follows nothing that is not. */
  flow() {
    while (!this.#network.paused && this.#frames[0]?.here) this.#frames.shift()?.act();
    this.#network.changed();
  }

  clear() {
    this.#frames = [];
  }
}

/**
 * Timers are those of the moment, which a test may have replaced; what takes no time needs none.
 * @param {number} ms
 * @param {() => void} act
 */
function after(ms, act) {
  if (ms > 0) globalThis.setTimeout(act, ms);
  else void Promise.resolve().then(act);
}

/** What a store takes for a WebSocket. */
export class TestSocket extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;

  CONNECTING = 0;
  OPEN = 1;
  CLOSING = 2;
  CLOSED = 3;
  readyState = 0;
  protocol = "";
  extensions = "";
  bufferedAmount = 0;
  binaryType = "blob";
  /** @type {((event: any) => void) | null} */
  onopen = null;
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  /** @type {((event: any) => void) | null} */
  onclose = null;
  /** @type {((event: any) => void) | null} */
  onerror = null;

  /** What the host knows of its client. */
  clientId = "";
  /** @type {string | undefined} */
  token;
  writes = true;
  /** What others are told of who it is. @type {import("./index.js").Json} */
  user = null;
  /** Whether the room is another than the client has known, so that it will leave and come again. */
  strange = false;
  #host;
  #up;
  #down;
  /** Whether the room has lost the connection. */
  #left = false;

  /**
   * @param {Host} host
   * @param {string | URL} url
   * @param {string | string[]} [protocols]
   */
  constructor(host, url, protocols = []) {
    super();
    const parsed = new URL(url);
    this.url = parsed.href;
    this.room = /\/rooms\/(.+)$/.exec(parsed.pathname)?.[1] ?? "";
    if (!this.room) throw new Error(`"${url}" names no room of the test server`);
    const { session, chance } = host.connecting(this);
    this.session = session;
    this.#host = host;
    this.#up = new Line(host.network, chance, () => this.drop());
    this.#down = new Line(host.network, chance, () => this.drop());
    host.network.sockets.add(this);
    // A client that is open says its name, by which it is known when it comes again.
    this.#down.put(() => {
      if (host.disposed) return this.drop();
      this.readyState = 1;
      this.protocol = [protocols].flat()[0] ?? "";
      this.#tell("open");
    }, true);
  }

  /** How many frames are on their way. */
  get frames() {
    return this.#up.length + this.#down.length;
  }

  /** @param {string} text */
  send(text) {
    if (this.readyState === 0) {
      throw new DOMException("the socket is not open yet", "InvalidStateError");
    }
    if (this.readyState > 1) return;
    this.#host.said(this, text);
    this.#up.put(() => this.#left || this.#host.arrived(this, text));
  }

  close() {
    if (this.readyState === 3) return this.#host.abandoned(this);
    if (this.readyState === 2) return;
    const open = this.readyState === 1;
    this.readyState = 2;
    if (this.strange) this.#host.ended(this, 1006);
    if (!open) {
      this.#clear();
      this.#down.put(() => this.#finish(1006));
      return;
    }
    // What was sent before it arrives before it; what comes meanwhile is not wanted any more.
    this.#up.put(() => {
      this.#leave();
      this.#down.clear();
      this.#down.put(() => this.#finish(1005));
    });
  }

  /** The room says something. @param {string} text */
  deliver(text) {
    this.#down.put(() => this.readyState === 1 && this.#tell("message", { data: text }));
  }

  /**
   * The room closes it, after what it has said.
   * @param {number} code
   * @param {string} reason
   */
  shut(code, reason) {
    this.#leave();
    this.#down.put(() => this.#finish(code, reason));
  }

  /**
   * The connection is lost, with what is on its way; both sides notice at once.
   * @param {number} [code]
   */
  drop(code = 1006) {
    this.#leave();
    this.#finish(code);
  }

  flow() {
    this.#up.flow();
    this.#down.flow();
  }

  #clear() {
    this.#up.clear();
    this.#down.clear();
  }

  #leave() {
    if (this.#left) return;
    this.#left = true;
    this.#host.left(this);
  }

  /**
   * @param {number} code
   * @param {string} [reason]
   */
  #finish(code, reason = "") {
    if (this.readyState === 3) return;
    const wanted = this.readyState === 2;
    this.readyState = 3;
    this.#clear();
    this.#host.network.sockets.delete(this);
    if (!wanted) this.#host.ended(this, code);
    this.#host.network.changed();
    this.#tell("close", { code, reason, wasClean: code !== 1006 });
  }

  /**
   * @param {"open" | "message" | "close"} type
   * @param {object} [fields]
   */
  #tell(type, fields) {
    const event = Object.assign(new Event(type), fields);
    this.dispatchEvent(event);
    this[`on${type}`]?.(event);
  }
}
