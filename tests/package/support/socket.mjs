// @ts-check
// A socket that the test speaks through: what the room says, said at once.

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

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {}

  open() {
    this.onopen?.();
  }

  /** @param {object} message */
  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** @param {number} version @param {object} snapshot */
  welcome(version, snapshot) {
    const limits = { message_bytes_max: 1 << 20 };
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
