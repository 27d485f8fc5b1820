// @ts-check
// draftsync/testing where the test has replaced the timers: its time is the only one there is.

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { member, serverWith } from "./support/rooms.mjs";

afterEach(() => mock.timers.reset());

/** Lets happen what waits for no timer. */
async function calm() {
  for (let n = 0; n < 50; n++) await Promise.resolve();
}

test("D6: without latency a test needs no timer at all", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });
  const server = serverWith();
  const ada = member(server, { initial: { n: 0 } });
  const grace = member(server, { initial: { n: 0 } });
  await server.settled();
  ada.update((draft) => void (draft.n = 1));
  await server.settled();
  assert.deepEqual(grace.state, { n: 1 });
});

test("D6: where there are no channels either, it still settles", async () => {
  const { MessageChannel } = globalThis;
  Reflect.deleteProperty(globalThis, "MessageChannel");
  try {
    const server = serverWith();
    const ada = member(server, { initial: { n: 0 } });
    ada.update((draft) => void (draft.n = 1));
    await server.settled();
    assert.deepEqual(server.document("room"), { n: 1 });
  } finally {
    globalThis.MessageChannel = MessageChannel;
  }
});

test("D6: with replaced timers a frame arrives when the test lets time pass", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const server = serverWith({ latency: 100 });
  const ada = member(server, { initial: { n: 0 } });
  const states = [ada.status.value.state];
  ada.status.subscribe(({ state }) => states.at(-1) === state || states.push(state));
  // Open, hello, welcome, the seed and its change: each takes its time.
  for (let ways = 0; ways < 5; ways++) {
    await calm();
    assert.deepEqual(server.document("room"), ways < 4 ? undefined : { n: 0 });
    mock.timers.tick(99);
    await calm();
    assert.notEqual(ada.status.value.state, "connected");
    mock.timers.tick(1);
  }
  assert.deepEqual(states.at(-1), "connected");
  await server.settled();
});

test("D3, D6: frames arrive at their own time, and not before those in front of them", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {(string | undefined)[]} */
  const asked = [];
  const server = serverWith({
    authorize: ({ token }) => {
      asked.push(token);
      return true;
    },
  });
  const socket = new server.WebSocket(server.url("room"));
  await server.settled();
  /** @param {number} latency @param {string} token @param {object} [more] */
  const say = (latency, token, more = { type: "auth" }) => {
    server.setNetwork({ latency });
    socket.send(JSON.stringify({ ...more, token }));
  };
  say(100, "a", { type: "hello", protocol: 1, client_id: "a".repeat(32) });
  say(10, "b");
  mock.timers.tick(50);
  assert.deepEqual(asked, [], "the second has overtaken nobody");
  say(100, "c");
  mock.timers.tick(50);
  assert.deepEqual(asked, ["a", "b"], "the third is still on its way");
  mock.timers.tick(50);
  assert.deepEqual(asked, ["a", "b", "c"]);
});

test("D6, D7: the deadline of settled is in the time of the test", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const server = serverWith();
  member(server, { initial: { n: 0 } });
  server.pause();
  let said = "";
  const settled = server.settled().catch((error) => (said = String(error)));
  await calm();
  mock.timers.tick(4999);
  await calm();
  assert.equal(said, "");
  // It looks around, which takes a turn of the event loop, before it waits.
  mock.timers.tick(1);
  await settled;
  assert.match(said, /not settled within 5000 ms: 1 frame is on its way; the network is paused/);
});

test("D20: what clients show is told in the room's time", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const server = serverWith({ authorize: ({ clientId }) => ({ user: clientId[0] }) });
  /** What the second has heard of the first. @type {unknown[]} */
  const heard = [];
  const [ada] = ["a", "b"].map((digit) => {
    const socket = new server.WebSocket(server.url("room"));
    const client_id = digit.repeat(32);
    const hello = { type: "hello", protocol: 1, client_id, presence: true };
    socket.onopen = () => socket.send(JSON.stringify(hello));
    socket.onmessage = ({ data }) => {
      const { type, user, value } = JSON.parse(data);
      if (digit === "b" && type !== "welcome") heard.push([type, user, value]);
    };
    return socket;
  });
  await server.settled();
  /** @param {number} value */
  const show = (value) => {
    ada.send(JSON.stringify({ type: "presence", version: 0, value, anchors: [] }));
    return server.settled();
  };
  await show(1);
  await show(2);
  await show(3);
  assert.deepEqual(heard.splice(0), [["presence", "a", 1]]);
  mock.timers.tick(50);
  await server.settled();
  assert.deepEqual(heard.splice(0), [["presence", "a", 3]]);
  mock.timers.tick(30_000);
  await server.settled();
  assert.deepEqual(heard.splice(0), [["gone", undefined, undefined]]);
  await show(4);
  ada.close();
  await server.settled();
  assert.deepEqual(
    heard.map((said) => /** @type {unknown[]} */ (said)[0]),
    ["presence", "gone"],
  );
});
