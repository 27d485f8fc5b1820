// @ts-check
// Sockets on a slow line. The socket and the server are real; what is sent and what comes is only
// held back, each way, for as long as the slider says at that moment.

/** One direction: what is put in comes out later, in the same order. */
class Line {
  /** @type {(() => void)[]} */
  #waiting = [];
  #lastMs = 0;
  #delayMs;

  /** @param {() => number} delayMs */
  constructor(delayMs) {
    this.#delayMs = delayMs;
  }

  /** @param {() => void} act */
  put(act) {
    const nowMs = performance.now();
    // What is sent after the line became quicker does not overtake what was sent before.
    const dueMs = Math.max(this.#lastMs, nowMs + this.#delayMs());
    this.#lastMs = dueMs;
    if (dueMs <= nowMs && this.#waiting.length === 0) return act();
    this.#waiting.push(act);
    // Timers of one moment may ring in any order, so each lets out whatever is first.
    setTimeout(() => this.#waiting.shift()?.(), dueMs - nowMs);
  }
}

/** What a store uses of a WebSocket. */
class SlowSocket {
  /** @type {((event: Event) => void) | null} */
  onopen = null;
  /** @type {((event: MessageEvent) => void) | null} */
  onmessage = null;
  /** @type {((event: CloseEvent) => void) | null} */
  onclose = null;
  /** @type {((event: Event) => void) | null} */
  onerror = null;
  /** What the store has been told of it, or has asked for. @type {number} */
  readyState = WebSocket.CONNECTING;
  #socket;
  #up;

  /**
   * @param {WebSocket} socket
   * @param {() => number} delayMs
   */
  constructor(socket, delayMs) {
    const up = new Line(delayMs);
    const down = new Line(delayMs);
    this.#socket = socket;
    this.#up = up;
    // To open a socket takes a way there and a way back.
    socket.onopen = (event) =>
      up.put(() =>
        down.put(() => {
          if (this.readyState !== WebSocket.CONNECTING) return;
          this.readyState = WebSocket.OPEN;
          this.onopen?.(event);
        }),
      );
    socket.onmessage = (event) => down.put(() => this.onmessage?.(event));
    socket.onerror = (event) => down.put(() => this.onerror?.(event));
    socket.onclose = (event) =>
      down.put(() => {
        this.readyState = WebSocket.CLOSED;
        this.onclose?.(event);
      });
  }

  /** @param {string} text */
  send(text) {
    this.#up.put(() => {
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
    });
  }

  /** What was sent before still goes out before. */
  close() {
    if (this.readyState >= WebSocket.CLOSING) return;
    this.readyState = WebSocket.CLOSING;
    this.#up.put(() => this.#socket.close());
  }
}

/**
 * For the option `WebSocket` of a store.
 * @param {() => number} delayMs how long a frame takes from now on, each way
 * @returns {(url: string, protocols?: string[]) => WebSocket}
 */
export function slowSockets(delayMs) {
  return (url, protocols) => {
    const slow = new SlowSocket(new WebSocket(url, protocols), delayMs);
    return /** @type {WebSocket} */ (/** @type {unknown} */ (slow));
  };
}
