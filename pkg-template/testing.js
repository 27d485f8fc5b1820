// @ts-check
// A server without a network: the room of draftsync-server, in the process of a test.

import { disposing } from "./host.js";
import { initSync } from "./testing.core.js";
import { Host } from "./testing-host.js";
import { TestSocket } from "./testing-network.js";
import text from "./testing.text.js";
import { decode } from "./text.js";

/** @import { LoggedChange, NetworkOptions, TestServer as Shown, TestServerOptions } from "./testing.js" */
/** @import { Json } from "./index.js" */

/** How long `settled` waits, unless the test says otherwise. */
const SETTLED_MS = 5000;

let servers = 0;

/** @param {TestServerOptions} [options] */
export function createTestServer(options) {
  return new TestServer(options);
}

/** @implements {Shown} */
class TestServer {
  #number = ++servers;
  #host;

  /** @param {TestServerOptions} [options] */
  constructor({ seed = 1, authorize, ...network } = {}) {
    if (!Number.isInteger(seed)) throw new RangeError(`seed is a whole number, not ${seed}`);
    const host = (this.#host = new Host(seed, authorize));
    this.setNetwork(network);
    initSync({ module: decode(text) });
    class Socket extends TestSocket {
      /**
       * @param {string | URL} url
       * @param {string | string[]} [protocols]
       */
      constructor(url, protocols) {
        super(host, url, protocols);
      }
    }
    this.WebSocket = /** @type {typeof WebSocket} */ (/** @type {unknown} */ (Socket));
  }

  /** @param {string} room */
  url(room) {
    return `ws://localhost:${this.#number}/rooms/${room}`;
  }

  /** @param {NetworkOptions} options */
  setNetwork({ latency, loss }) {
    const { network } = this.#host;
    if (latency !== undefined) {
      const [min, max = min] = typeof latency === "number" ? [latency] : latency;
      if (!(min >= 0 && max >= min && max < Infinity)) {
        throw new RangeError(`latency is milliseconds, or [min, max], not ${latency}`);
      }
      network.latency = [min, max];
    }
    if (loss === undefined) return;
    if (!(loss >= 0 && loss <= 1)) throw new RangeError(`loss is from 0 to 1, not ${loss}`);
    network.loss = loss;
  }

  pause() {
    this.#host.network.pause(true);
  }

  resume() {
    this.#host.network.pause(false);
  }

  cut() {
    this.#host.cut();
  }

  expireTokens() {
    this.#host.expireTokens();
  }

  /** @param {{ keep?: boolean | undefined }} [options] */
  restart({ keep = true } = {}) {
    this.#host.restart(keep);
  }

  /** @param {{ timeoutMs?: number | undefined }} [options] */
  async settled({ timeoutMs = SETTLED_MS } = {}) {
    const { network } = this.#host;
    // The two of the same moment: a test may replace and restore them meanwhile.
    const { setTimeout, clearTimeout } = globalThis;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      network.changed();
    }, timeoutMs);
    try {
      // What a store does in answer may come a moment later.
      for (await turn(); this.#host.unsettled; await turn()) {
        if (late) {
          const words = `the test server has not settled within ${timeoutMs} ms`;
          throw new Error(`${words}: ${this.#host.unsettled}`);
        }
        await network.change();
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
    return this.#host.rooms.get(room)?.document;
  }

  /**
   * @param {string} room
   * @returns {LoggedChange[]}
   */
  log(room) {
    return this.#host.rooms.get(room)?.log ?? [];
  }

  dispose() {
    this.#host.dispose();
  }

  [disposing]() {
    this.dispose();
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
