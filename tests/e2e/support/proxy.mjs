// @ts-check
// A wire that can be cut, stopped, slowed and made to lose what it carries, and whose ends can be
// left without each other. It knows bytes and no messages, so what it does to a connection is what
// a bad network does.

import net from "node:net";
import { once } from "node:events";

/**
 * @typedef {object} Link
 * @property {net.Socket} near the browser's end
 * @property {net.Socket} far the server's end
 * @property {boolean} isRoom whether it carries a room's messages, not files
 * @property {boolean} isDead whether nothing passes any more, and neither end is told of the other
 */

/** @typedef {"up" | "down"} Direction */

export class Proxy {
  /** @param {number} targetPort */
  constructor(targetPort) {
    this.targetPort = targetPort;
    /** @type {Set<Link>} */
    this.links = new Set();
    /** New room connections wait here while `held`. @type {(() => void)[]} */
    this.waiting = [];
    this.held = false;
    this.deaf = false;
    /** How fast the server is read, when that is slow. @type {number | undefined} */
    this.bytesPerSecond = undefined;
    /** How many room connections there ever were. */
    this.opened = 0;
    /** What has come while the wire stands still. @type {(() => void)[] | undefined} */
    this.stalled = undefined;
    /** @type {{ direction: Direction, bytes: number, cut: () => void } | undefined} */
    this.trap = undefined;
    this.server = net.createServer((near) => this.accept(near));
  }

  /** @param {number} targetPort */
  static async start(targetPort) {
    const proxy = new Proxy(targetPort);
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    return proxy;
  }

  get url() {
    const address = /** @type {net.AddressInfo} */ (this.server.address());
    return `http://127.0.0.1:${address.port}`;
  }

  /** How many room connections are open. */
  get roomLinks() {
    return [...this.links].filter((link) => link.isRoom).length;
  }

  /** How many room connections the server still has whose other end nothing reaches. */
  get deadLinks() {
    return [...this.links].filter((link) => link.isDead && !link.far.destroyed).length;
  }

  /**
   * From now on nothing passes on the room connections that are open, and neither end is told when
   * the other closes: what a router does that has forgotten them. New ones are as ever.
   */
  halfOpen() {
    for (const link of this.links) if (link.isRoom) link.isDead = true;
  }

  /** Reads the server only so fast from now on; what it sends piles up on its side. @param {number} bytesPerSecond */
  slow(bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** As fast as it comes. */
  hurry() {
    this.bytesPerSecond = undefined;
    for (const link of this.links) link.far.resume();
  }

  /** Cuts every room connection, mid-frame or not. */
  cut() {
    for (const link of this.links) if (link.isRoom) drop(link);
  }

  /**
   * Cuts as soon as that many more bytes have gone in one direction; the bytes before are delivered.
   * @param {Direction} direction
   * @param {number} bytes
   * @returns {Promise<void>} settles when it has happened
   */
  cutAfter(direction, bytes) {
    return new Promise((resolve) => {
      this.trap = { direction, bytes, cut: resolve };
    });
  }

  /** From now on what the server sends is lost, while it still hears everything. */
  deafen() {
    this.deaf = true;
  }

  hear() {
    this.deaf = false;
  }

  /** From now on nothing moves, and nothing is lost. */
  stall() {
    this.stalled = [];
  }

  flow() {
    const { stalled } = this;
    this.stalled = undefined;
    for (const deliver of stalled ?? []) deliver();
  }

  /** Lets no new room connection through until `release`. */
  hold() {
    this.held = true;
  }

  release() {
    this.held = false;
    for (const open of this.waiting.splice(0)) open();
  }

  async close() {
    for (const link of this.links) drop(link);
    this.server.close();
    await once(this.server, "close");
  }

  /** @param {net.Socket} near */
  accept(near) {
    near.on("error", () => near.destroy());
    near.once("data", (first) => {
      const isRoom = first.subarray(0, 11).toString("latin1") === "GET /rooms/";
      near.pause();
      const open = () => this.open(near, first, isRoom);
      if (isRoom && this.held) this.waiting.push(open);
      else open();
    });
  }

  /**
   * @param {net.Socket} near
   * @param {Buffer} first
   * @param {boolean} isRoom
   */
  open(near, first, isRoom) {
    if (near.destroyed) return;
    const far = net.connect(this.targetPort, "127.0.0.1");
    near.setNoDelay(true);
    far.setNoDelay(true);
    const link = { near, far, isRoom, isDead: false };
    this.links.add(link);
    if (isRoom) this.opened += 1;
    far.on("error", () => far.destroy());
    near.on("close", () => this.end(link, far));
    far.on("close", () => this.end(link, near));
    near.on("data", (chunk) => this.pass(link, "up", chunk));
    far.on("data", (chunk) => this.pass(link, "down", chunk));
    far.once("connect", () => {
      far.write(first);
      near.resume();
    });
  }

  /**
   * One end has closed.
   * @param {Link} link
   * @param {net.Socket} other
   */
  end(link, other) {
    if (link.isDead && !other.destroyed) return;
    this.links.delete(link);
    drop(link);
  }

  /**
   * @param {Link} link
   * @param {Direction} direction
   * @param {Buffer} chunk
   */
  pass(link, direction, chunk) {
    if (link.isDead || (link.isRoom && direction === "down" && this.deaf)) return;
    if (link.isRoom && direction === "down" && this.bytesPerSecond) {
      link.far.pause();
      setTimeout(() => link.far.resume(), (chunk.length / this.bytesPerSecond) * 1_000);
    }
    const to = direction === "up" ? link.far : link.near;
    const trap = this.trap;
    if (link.isRoom && trap?.direction === direction) {
      if (chunk.length >= trap.bytes) {
        this.trap = undefined;
        // `end` delivers the part before the cut, in the middle of a frame as likely as not.
        to.end(chunk.subarray(0, trap.bytes));
        (direction === "up" ? link.near : link.far).destroy();
        this.links.delete(link);
        trap.cut();
        return;
      }
      trap.bytes -= chunk.length;
    }
    if (link.isRoom && this.stalled) this.stalled.push(() => to.write(chunk));
    else to.write(chunk);
  }
}

/** @param {Link} link */
function drop(link) {
  link.near.destroy();
  link.far.destroy();
}
