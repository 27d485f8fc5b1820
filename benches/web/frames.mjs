// @ts-check
// The room's side of the wire, as far as a benchmark needs it.

const EPOCH = "0f".repeat(16);
const AUTHOR = "a5".repeat(16);
const TAG = "00112233445566aa";

const utf8 = { writer: new TextEncoder(), reader: new TextDecoder() };

/**
 * A text as a socket would give it: new, and in one piece, whatever it was put together from.
 * @param {string} text
 */
export function arrived(text) {
  return utf8.reader.decode(utf8.writer.encode(text));
}

/**
 * The answer to `hello`, with a whole document, as text so that it is made once for all.
 * @param {string} snapshot JSON
 */
export function welcome(snapshot) {
  return `{"type":"welcome","version":1,"epoch":"${EPOCH}","last_seq":0,"results":[],"snapshot":${snapshot},"limits":{"message_bytes_max":1048576}}`;
}

/**
 * The answer to the `hello` of a client at version 1: what happened since.
 * @param {string[]} patches JSON
 */
export function welcomeBack(patches) {
  const changes = patches.map((patch, i) => `{${member(patch, i + 2)}}`).join();
  const version = patches.length + 1;
  return `{"type":"welcome","version":${version},"epoch":"${EPOCH}","last_seq":0,"results":[],"changes":[${changes}],"limits":{"message_bytes_max":1048576}}`;
}

/**
 * Somebody's change, with the patch as its author wrote it down.
 * @param {string} patch JSON
 * @param {number} version
 */
export function change(patch, version) {
  return `{"type":"change",${member(patch, version)}}`;
}

/** @param {string} patch @param {number} version */
function member(patch, version) {
  return `"version":${version},"client_id":"${AUTHOR}","seq":${version},"tag":"${TAG}","patch":${patch}`;
}

/**
 * The answer to a push: all of it was taken, as it was written.
 * @param {{ base: number, changes: { seq: number, tag: string }[] }} push
 */
export function ack({ base, changes }) {
  const results = changes.map(({ seq, tag }, i) => ({ seq, tag, version: base + i + 1 }));
  return JSON.stringify({ type: "ack", results });
}
