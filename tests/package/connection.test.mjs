// @ts-check
// How a store stays connected and is let in: signs of life, the network, the page, credentials.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../e2e/support/until.mjs";
import { thrownBy } from "./support/package.mjs";
import { connected, connecting } from "./support/socket.mjs";

/** @typedef {import("../../pkg-template/index.js").SyncedStoreError} SyncedStoreError */

const EMPTY = { n: 0 };
const QUICK = { minDelayMs: 1, maxDelayMs: 1 };

/** @param {readonly any[]} sent */
const types = (sent) => sent.map(({ type }) => type);

/** Lets promises that have settled be heard. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * What a page has, put into Node for one test.
 * @param {import("node:test").TestContext} context
 */
function page(context) {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false });
  const navigator = { onLine: true };
  let listening = 0;
  for (const target of [window, document]) {
    const add = target.addEventListener.bind(target);
    /** @type {any} */ (target).addEventListener = (
      /** @type {string} */ type,
      /** @type {() => void} */ listener,
      /** @type {{ signal: AbortSignal }} */ options,
    ) => {
      listening += 1;
      options.signal.addEventListener("abort", () => (listening -= 1));
      add(type, listener, options);
    };
  }
  const given = { document, navigator, addEventListener: window.addEventListener };
  for (const [name, value] of Object.entries(given)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    context.after(() => {
      if (before) Object.defineProperty(globalThis, name, before);
      else Reflect.deleteProperty(globalThis, name);
    });
  }
  return {
    document,
    navigator,
    listening: () => listening,
    /** @param {string} type @param {object} [more] */
    tell: (type, more) => window.dispatchEvent(Object.assign(new Event(type), more)),
  };
}

describe("signs of life", () => {
  test("C30: a room that has fallen silent is asked, given up and tried anew", async () => {
    const { store, socket, sockets } = await connected(EMPTY, {
      initial: EMPTY,
      connection: { heartbeatMs: 1_000, ...QUICK },
    });
    await until("the store asks", () => types(socket.sent).includes("ping"));
    assert.deepEqual(socket.sent.at(-1), { type: "ping", version: 1 });
    assert.equal(store.status.value.state, "connected");
    socket.say({ type: "pong" });
    const pings = () => types(socket.sent).filter((type) => type === "ping").length;
    await until("it asks again", () => pings() === 2);
    assert.equal(sockets.length, 1, "the answer counted");
    const change = store.update((draft) => void (draft.n = 1));
    await until("it has given up", () => sockets.length === 2);
    assert.equal(socket.closed, true);
    const [, next] = sockets;
    next.open();
    next.welcome(1, EMPTY);
    const push = next.sent.at(-1);
    assert.equal(push.type, "push", "what waited is offered again");
    const [{ seq, tag }] = push.changes;
    next.say({ type: "ack", results: [{ seq, tag, version: 2 }] });
    assert.equal((await change.confirmed).version, 2);
  });

  test("C31: a room that does not greet is given up", async () => {
    const { store, sockets } = connecting({
      initial: EMPTY,
      connection: { heartbeatMs: 1_000, ...QUICK },
    });
    sockets[0].open();
    await until("it is tried anew", () => sockets.length === 2);
    assert.equal(sockets[0].closed, true);
    assert.deepEqual(store.status.value, { state: "connecting", pending: 0, attempt: 2 });
  });
});

test("C19: nothing is sent into a socket that is closing, and it is offered again", async () => {
  const { store, socket, sockets } = await connected(EMPTY, {
    initial: EMPTY,
    connection: QUICK,
  });
  // A browser complains in its console of each message that is sent then.
  Object.assign(socket, { readyState: 2 });
  store.update((draft) => void (draft.n = 1));
  assert.deepEqual(types(socket.sent), ["hello"]);
  socket.end(1006);
  await until("the next", () => sockets.length === 2);
  sockets[1].open();
  sockets[1].welcome(1, EMPTY);
  assert.deepEqual(types(sockets[1].sent), ["hello", "push"]);
});

describe("the page", () => {
  test("B40, C34: without a network nothing is tried, and with it at once", async (context) => {
    const { tell, navigator } = page(context);
    const { store, socket, sockets } = await connected(EMPTY, { initial: EMPTY });
    navigator.onLine = false;
    tell("offline");
    assert.equal(socket.closed, true);
    assert.deepEqual(store.status.value, { state: "offline", pending: 0, retryAt: null });
    store.update((draft) => void (draft.n = 1));
    assert.equal(sockets.length, 1);
    navigator.onLine = true;
    tell("online");
    assert.equal(sockets.length, 2);
    assert.deepEqual(store.status.value, { state: "connecting", pending: 1, attempt: 1 });
  });

  test("B40: a room on this machine needs no network", async (context) => {
    const { listening } = page(context);
    const far = connecting({ initial: EMPTY });
    const before = listening();
    far.store.dispose();
    assert.equal(listening(), 0);
    const { production } = await import("./support/package.mjs");
    for (const host of ["localhost:7700", "127.0.0.1", "[::1]:80"]) {
      const near = new production.SyncedStore(`ws://${host}/rooms/a`, {
        initial: EMPTY,
        autoConnect: false,
      });
      assert.equal(listening(), before - 2, host);
      near.dispose();
    }
  });

  test("B40, C35: a page that is looked at again asks, or comes at once", async (context) => {
    const { document } = page(context);
    const { store, socket, sockets } = await connected(EMPTY, {
      initial: EMPTY,
      connection: { minDelayMs: 60_000, maxDelayMs: 60_000 },
    });
    document.hidden = true;
    document.dispatchEvent(new Event("visibilitychange"));
    assert.deepEqual(types(socket.sent), ["hello"], "nobody looks");
    document.hidden = false;
    document.dispatchEvent(new Event("visibilitychange"));
    assert.deepEqual(types(socket.sent), ["hello", "ping"]);
    socket.end(1006);
    assert.equal(store.status.value.state, "offline");
    document.dispatchEvent(new Event("visibilitychange"));
    assert.equal(sockets.length, 2);
  });

  test("B40: a page that comes back from the browser's cache is connected again", async (context) => {
    const { tell } = page(context);
    const { store, socket, sockets } = await connected(EMPTY, { initial: EMPTY });
    tell("pagehide", { persisted: true });
    assert.equal(socket.closed, true);
    assert.equal(store.status.value.state, "offline");
    tell("pageshow", { persisted: false });
    assert.equal(sockets.length, 1, "that is the first showing of any page");
    tell("pageshow", { persisted: true });
    assert.equal(sockets.length, 2);
  });

  test("B31, B40: a store that has ended listens to nothing", async (context) => {
    const { tell, listening } = page(context);
    const { store, sockets } = await connected(EMPTY, { initial: EMPTY });
    assert.ok(listening() >= 5);
    store.dispose();
    assert.equal(listening(), 0);
    tell("offline");
    tell("online");
    assert.equal(sockets.length, 1);
  });
});

describe("credentials", () => {
  test("B41, C36: a token is in the first frame", async () => {
    const { sockets } = connecting({ initial: EMPTY, auth: "secret" });
    sockets[0].open();
    assert.equal(sockets[0].sent[0].token, "secret");
  });

  test("B41, C36: a function is asked before every attempt, and again when refused", async () => {
    /** @type {string[]} */
    const reasons = [];
    const { store, sockets } = connecting({
      initial: EMPTY,
      connection: QUICK,
      auth: async ({ reason }) => {
        reasons.push(reason);
        return `token ${reasons.length}`;
      },
    });
    assert.equal(sockets.length, 0, "no socket before there is a token");
    assert.equal(store.status.value.state, "connecting");
    await until("a socket", () => sockets.length === 1);
    sockets[0].open();
    assert.equal(sockets[0].sent[0].token, "token 1");
    sockets[0].welcome(1, EMPTY);
    sockets[0].end(1006);
    await until("the next", () => sockets.length === 2);
    sockets[1].open();
    sockets[1].say({ type: "error", code: "unauthorized", message: "expired" });
    sockets[1].end(4401, "unauthorized");
    await until("one more", () => sockets.length === 3);
    sockets[2].open();
    assert.equal(sockets[2].sent[0].token, "token 3");
    assert.deepEqual(reasons, ["connect", "connect", "expired"]);
    sockets[2].welcome(1, EMPTY);
    assert.equal(store.status.value.state, "connected", "and nobody was told of an error");
  });

  test("B25, B41, C36: refused again and again, a store needs other credentials", async () => {
    /** @type {SyncedStoreError[]} */
    const errors = [];
    const { store, sockets } = connecting({
      initial: EMPTY,
      connection: QUICK,
      auth: () => "wrong",
      onError: (error) => void errors.push(error),
    });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await until("a socket", () => sockets.length === attempt);
      const [socket] = sockets.slice(-1);
      socket.open();
      socket.say({ type: "error", code: "unauthorized", message: "no" });
      socket.end(4401, "unauthorized");
    }
    const status = /** @type {any} */ (store.status.value);
    assert.equal(status.state, "needs-auth");
    assert.equal(status.error.code, "unauthorized");
    assert.deepEqual(
      errors.map(({ code }) => code),
      ["unauthorized"],
      "told once, when nothing helped",
    );
    store.update((draft) => void (draft.n = 1));
    store.setAuth("right");
    assert.equal(sockets.length, 4);
    sockets[3].open();
    assert.equal(sockets[3].sent[0].token, "right");
    sockets[3].welcome(1, EMPTY);
    assert.equal(sockets[3].sent.at(-1).type, "push", "the edit has waited");
  });

  test("B41, C36: a token that is refused needs the app at once", () => {
    const { store, sockets } = connecting({ initial: EMPTY, auth: "old" });
    sockets[0].open();
    sockets[0].end(4401, "unauthorized");
    assert.equal(store.status.value.state, "needs-auth");
    assert.equal(sockets.length, 1);
    store.connect();
    assert.equal(sockets.length, 2, "unless the app asks for it");
  });

  test("B41, C37: a function that fails is told of and asked again", async () => {
    /** @type {SyncedStoreError[]} */
    const errors = [];
    const cause = new Error("the login server is away");
    let asked = 0;
    const { store, sockets } = connecting({
      initial: EMPTY,
      connection: QUICK,
      onError: (error) => void errors.push(error),
      auth: () => {
        asked += 1;
        if (asked === 1) throw cause;
        if (asked === 2) return Promise.reject(cause);
        return asked === 3 ? /** @type {any} */ (undefined) : "token";
      },
    });
    await until("a socket", () => sockets.length === 1);
    assert.equal(asked, 4);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ["unauthorized", "unauthorized", "unauthorized"],
    );
    assert.equal(errors[0].cause, cause);
    assert.match(errors[2].message, /auth failed to give a token/);
    assert.equal(store.status.value.state, "connecting");
  });

  test("B41: an answer that is no longer wanted is aborted and ignored", async () => {
    /** @type {{ signal: AbortSignal, give: (token: string) => void }[]} */
    const asked = [];
    const { store, sockets } = connecting({
      initial: EMPTY,
      auth: ({ signal }) => new Promise((give) => void asked.push({ signal, give })),
    });
    store.disconnect();
    assert.equal(asked[0].signal.aborted, true);
    asked[0].give("late");
    await turn();
    assert.equal(sockets.length, 0);
    store.connect();
    assert.equal(asked.length, 2);
    assert.equal(asked[1].signal.aborted, false);
    store.setAuth(({ signal }) => new Promise((give) => void asked.push({ signal, give })));
    assert.equal(asked[1].signal.aborted, true, "another function has its place");
    await until("that is asked", () => asked.length === 3);
    store.dispose();
    assert.equal(asked[2].signal.aborted, true);
    asked[2].give("later still");
    await turn();
    assert.equal(sockets.length, 0);
  });

  test("B41, C38: a token that expires is renewed on the same socket", async () => {
    /** @type {string[]} */
    const reasons = [];
    const { store, socket, sockets } = await (async () => {
      const made = connecting({
        initial: EMPTY,
        auth: ({ reason }) => {
          reasons.push(reason);
          return `token ${reasons.length}`;
        },
      });
      await until("a socket", () => made.sockets.length === 1);
      const [socket] = made.sockets;
      socket.open();
      socket.welcome(1, EMPTY);
      return { ...made, socket };
    })();
    store.update((draft) => void (draft.n = 1));
    socket.say({ type: "auth_expiring" });
    await until("the newer one", () => types(socket.sent).includes("auth"));
    assert.deepEqual(socket.sent.at(-1), { type: "auth", token: "token 2" });
    assert.deepEqual(reasons, ["connect", "expired"]);
    assert.deepEqual([sockets.length, store.status.value.state], [1, "connected"]);
    assert.equal(store.status.value.pending, 1, "what is under way stays so");
    store.setAuth("given by hand");
    assert.deepEqual(socket.sent.at(-1), { type: "auth", token: "given by hand" });
  });
});

describe("what the room closes for", () => {
  test("B25, C25: forbidden, and a client that is too old, end it", () => {
    for (const [code, reason] of /** @type {const} */ ([
      [4403, "forbidden"],
      [4406, "protocol-version"],
      [4400, "protocol"],
    ])) {
      const { store, sockets } = connecting({ initial: EMPTY });
      sockets[0].open();
      sockets[0].end(code, reason);
      const status = /** @type {any} */ (store.status.value);
      assert.deepEqual([status.state, status.error.code], ["failed", reason]);
    }
  });

  test("C39: a change larger than the room takes is rejected, and the others go on", async () => {
    const { store, sockets } = connecting({ initial: /** @type {any} */ ({}) });
    store.update((draft) => void (draft.a = 1));
    const large = store.update((draft) => void (draft.large = "x".repeat(5_000)));
    store.update((draft) => void (draft.b = 2));
    const refused = assert.rejects(large.confirmed, { name: "RejectedError", code: "too-large" });
    const [socket] = sockets;
    socket.open();
    socket.welcome(1, {}, 2_000);
    /** @param {number} version */
    const answer = (version) => {
      const { changes } = socket.sent.at(-1);
      const results = changes.map((/** @type {any} */ { seq, tag }, /** @type {number} */ at) => ({
        seq,
        tag,
        version: version + at,
      }));
      socket.say({ type: "ack", results });
    };
    answer(2);
    answer(3);
    await refused;
    assert.deepEqual(store.state, { a: 1, b: 2 });
    assert.equal(store.status.value.pending, 0);
    const error = thrownBy(() => store.update((draft) => void (draft.c = "x".repeat(3_000))));
    assert.equal(error.code, "too-large");
  });

  test("C40: where nothing was pushed a message that was too large ends it", () => {
    const { store, sockets } = connecting({ initial: EMPTY, auth: "a very long token" });
    sockets[0].open();
    sockets[0].end(1009, "too-large");
    const status = /** @type {any} */ (store.status.value);
    assert.deepEqual([status.state, status.error.code], ["failed", "too-large"]);
  });

  test("C41: a store whose name another one bears takes a new one", async () => {
    const { store, socket, sockets } = await connected(EMPTY, {
      initial: EMPTY,
      connection: QUICK,
    });
    const { clientId } = store;
    socket.end(4409, "replaced");
    await until("it comes again", () => sockets.length === 2);
    sockets[1].open();
    sockets[1].welcome(1, EMPTY);
    assert.notEqual(store.clientId, clientId);
    await until("and once more", () => sockets.length === 3);
    sockets[2].open();
    assert.equal(sockets[1].sent[0].client_id, clientId);
    assert.equal(sockets[2].sent[0].client_id, store.clientId);
  });
});
