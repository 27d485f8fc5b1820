// @ts-check
// Beginning and ending, and what holds where wasm does not come at once or not at all.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { NOWHERE, importFile, offline, pkg, production, thrownBy } from "./support/package.mjs";

test("B65: where there is no page a relative address makes a store that cannot connect", () => {
  /** @type {any[]} */
  const errors = [];
  const store = new production.SyncedStore("/rooms/board/1", {
    initial: { n: 0 },
    autoConnect: false,
    onError: (error) => errors.push(error),
  });
  assert.equal(store.room, "board/1");
  assert.deepEqual(store.state, { n: 0 });
  store.update((draft) => void (draft.n = 1));
  assert.deepEqual(store.status.value, { state: "offline", retryAt: null, pending: 1 });
  const error = thrownBy(() => store.connect());
  assert.equal(error.code, "network");
  assert.equal(error.message, "there is no page here; write ws://host/rooms/name");
  assert.equal(store.status.value.state, "offline");
  assert.deepEqual(errors, []);
  store.dispose();
});

test("B27: a store without `initial`, or with an `auth` that gives no token, is not made", () => {
  const { SyncedStore } = /** @type {any} */ (production);
  for (const options of [undefined, {}]) {
    assert.throws(() => new SyncedStore(NOWHERE, options), {
      name: "TypeError",
      message: "options.initial is missing",
    });
  }
  const wrong = { name: "TypeError", message: "auth is neither a text nor a function" };
  for (const auth of [5, Promise.resolve("token")]) {
    assert.throws(() => offline({ n: 0 }, production, { auth: /** @type {any} */ (auth) }), wrong);
    const { store } = offline({ n: 0 });
    assert.throws(() => store.setAuth(/** @type {any} */ (auth)), wrong);
    store.setAuth(undefined);
  }
});

describe("ending", () => {
  test("B31: after dispose the state can be read, and writing throws", async () => {
    const { store, errors } = offline({ n: 0 });
    const change = store.update((draft) => void (draft.n = 1));
    const { ready } = store;
    const { confirmed } = change;
    const flushed = store.flush();
    const { clientId } = store;
    /** @type {string[]} */
    const states = [];
    store.status.subscribe(({ state }) => void states.push(state));
    store.subscribe(() => assert.fail("nothing changes any more"));
    store.dispose();
    store.dispose();
    assert.deepEqual(states, ["offline", "closed"]);
    assert.deepEqual(store.state, { n: 1 });
    assert.equal(store.getSnapshot(), store.state);
    assert.deepEqual(store.status.value, { state: "closed", pending: 1 });
    assert.equal(store.clientId, clientId);
    for (const write of [
      () => store.update((draft) => void (draft.n = 2)),
      () => store.patch([{ op: "replace", path: "/n", value: 2 }]),
      () => store.transact(() => {}),
      () => store.connect(),
    ]) {
      const error = thrownBy(write);
      assert.ok(error instanceof production.DisposedError);
      assert.equal(error.code, "disposed");
      assert.equal(error.name, "DisposedError");
      assert.equal(error.message, "disposed; make a new store");
    }
    store.disconnect();
    store.setAuth("token");
    for (const promise of [ready, confirmed, flushed, store.ready, change.confirmed]) {
      await assert.rejects(promise, production.DisposedError);
    }
    assert.equal(store.on("patch", () => {})(), undefined);
    assert.deepEqual(errors, []);
  });

  test("B26, B31: promises that nobody waits for are no unhandled rejections", async () => {
    /** @type {unknown[]} */
    const unhandled = [];
    /** @param {unknown} error */
    const listen = (error) => void unhandled.push(error);
    process.on("unhandledRejection", listen);
    const { store } = offline({ n: 0 });
    const change = store.update((draft) => void (draft.n = 1));
    void store.ready;
    void change.confirmed;
    void store.flush();
    store.dispose();
    void store.ready;
    // Rejections are reported before the next turn begins.
    await new Promise(setImmediate);
    process.off("unhandledRejection", listen);
    assert.deepEqual(unhandled, []);
  });

  test("B31: the signal ends the store, also before it has begun", () => {
    const abort = new AbortController();
    const { store } = offline({ n: 0 }, production, { signal: abort.signal });
    store.update((draft) => void (draft.n = 1));
    abort.abort();
    assert.equal(store.status.value.state, "closed");
    assert.equal(store.state.n, 1);
    const late = offline({ n: 5 }, production, { signal: abort.signal, autoConnect: true }).store;
    assert.equal(late.status.value.state, "closed");
    assert.equal(late.state.n, 5);
  });

  test("B31: the symbols for `using` end the store, where the language has none too", async () => {
    for (const symbol of [
      Symbol.dispose ?? Symbol.for("Symbol.dispose"),
      Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose"),
    ]) {
      const store = /** @type {any} */ (offline({ n: 0 }).store);
      await store[symbol]();
      assert.equal(store.status.value.state, "closed");
    }
  });

  test("B28: flush waits for what is pending, and a signal ends the waiting", async () => {
    const { store } = offline({ n: 0 });
    await store.flush();
    store.update((draft) => void (draft.n = 1));
    const reason = new Error("enough");
    await assert.rejects(store.flush({ signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const flushed = store.flush({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(flushed, reason);
  });
});

describe("connecting", () => {
  test("B30: the first socket is made after the constructor has returned", async () => {
    let made = 0;
    const WebSocket = () => {
      made += 1;
      return /** @type {any} */ ({ close() {}, send() {} });
    };
    const { store } = offline({ n: 0 }, production, { autoConnect: true, WebSocket });
    assert.equal(made, 0);
    await Promise.resolve();
    assert.equal(made, 1);
    store.connect();
    assert.equal(made, 1, "connecting twice is connecting once");
    store.dispose();

    const other = offline({ n: 0 }, production, { autoConnect: true, WebSocket }).store;
    other.disconnect();
    await Promise.resolve();
    assert.equal(made, 1, "and not when the app has changed its mind");
    other.dispose();
  });

  test("B33: options.WebSocket may be a class, a function or an arrow function", () => {
    /** @type {unknown[][]} */
    const calls = [];
    /** @type {any} */
    const socket = { close() {}, send() {} };
    class Class {
      /** @param {unknown[]} args */
      constructor(...args) {
        calls.push(args);
        Object.assign(this, socket);
      }
    }
    /** @param {unknown[]} args */
    function named(...args) {
      calls.push(args);
      return socket;
    }
    /** @param {unknown[]} args */
    const arrow = (...args) => named(...args);
    for (const WebSocket of [Class, named, arrow]) {
      const { store } = offline({ n: 0 }, production, {
        WebSocket: /** @type {any} */ (WebSocket),
      });
      store.connect();
      store.dispose();
    }
    assert.equal(calls.length, 3);
    for (const [url, protocols] of calls) {
      assert.equal(url, NOWHERE);
      assert.deepEqual([protocols].flat(), ["draftsync.v1"]);
    }
  });

  test("B33: without any WebSocket connect says what to do", async (context) => {
    const original = globalThis.WebSocket;
    context.after(() => Object.assign(globalThis, { WebSocket: original }));
    Reflect.deleteProperty(globalThis, "WebSocket");
    const message = "there is no WebSocket here; give one as options.WebSocket";
    const { store } = offline({ n: 0 });
    assert.equal(thrownBy(() => store.connect()).message, message);
    const automatic = offline({ n: 0 }, production, { autoConnect: true });
    await Promise.resolve();
    assert.deepEqual(
      automatic.errors.map((error) => error.message),
      [message],
    );
    await assert.rejects(production.SyncedStore.open(NOWHERE, { initial: { n: 0 } }), { message });
  });

  test("B31: a socket that cannot be closed leaves no timer behind", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const close = () => assert.fail("not in this state");
    const WebSocket = /** @type {any} */ (() => ({ close }));
    const { store, errors } = offline({ n: 0 }, production, { WebSocket });
    store.connect();
    assert.equal(store.status.value.state, "connecting");
    store.dispose();
    await Promise.resolve();
    context.mock.timers.tick(60_000);
    assert.deepEqual(errors, []);
  });

  test("B33: what makes no socket is told with its cause, and asked again", () => {
    const cause = new Error("sockets are sold out");
    const none = [5, () => undefined, class {}, async () => {}, () => assert.fail(cause)];
    for (const WebSocket of none) {
      const { store, errors } = offline({ n: 0 }, production, {
        WebSocket: /** @type {any} */ (WebSocket),
      });
      store.connect();
      const status = store.status.value;
      assert.ok(status.state === "offline" && status.retryAt !== null);
      const [error] = errors;
      assert.equal(error.code, "network");
      assert.equal(error.message, "no socket was made, see cause; the store tries again");
      assert.ok(error.cause === cause || error.cause instanceof TypeError);
      store.dispose();
    }
  });
});

/** The package brings its wasm once, so each of these has a copy of its own. */
describe("loading", () => {
  /** @type {string[]} */
  const folders = [];
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  function copy() {
    const folder = mkdtempSync(join(tmpdir(), "draftsync-copy-"));
    folders.push(folder);
    cpSync(pkg, folder, { recursive: true });
    return folder;
  }

  /**
   * Lets `new WebAssembly.Module` fail as it does somewhere.
   * @param {import("node:test").TestContext} context
   * @param {Error} error
   */
  function refuse(context, error) {
    context.mock.method(WebAssembly, "Module", function refused() {
      throw error;
    });
  }

  test("B25, B35: where wasm takes its time the status is `loading` until it is there", async (context) => {
    // Chromium before 114 says this of more than 4 kB.
    refuse(context, new RangeError("WebAssembly.Compile is disallowed on the main thread"));
    /** @type {import("./support/package.mjs").Entry} */
    const entry = await importFile("index.js", copy());
    const initial = { items: ["initial"] };
    const { store, errors } = offline(initial, entry);
    assert.deepEqual(store.status.value, { state: "loading", pending: 0 });
    assert.deepEqual(store.state, initial);
    assert.deepEqual(store.getServerSnapshot(), initial);
    const error = thrownBy(() => store.update((draft) => void draft.items.push("x")));
    assert.equal(error.code, "unavailable");
    assert.equal(error.retryable, true);
    assert.equal(error.message, "unavailable; await store.ready; in draftsync/slim call init");
    let told = 0;
    store.subscribe(() => (told += 1));
    store.on("patch", () => (told += 1));
    await new Promise((resolve) =>
      store.status.subscribe(({ state }) => state === "offline" && resolve(state)),
    );
    const second = offline({ items: [] }, entry).store;
    assert.equal(second.status.value.state, "offline", "the next one has it at once");
    told = 0;
    store.update((draft) => void draft.items.push("x"));
    assert.equal(told, 2, "listeners that came while it was loading are told");
    assert.deepEqual(store.state.items, ["initial", "x"]);
    assert.deepEqual(errors, []);
  });

  test("B31: a store that is disposed while it is loading stays closed", async (context) => {
    refuse(context, new RangeError("too large"));
    /** @type {import("./support/package.mjs").Entry} */
    const entry = await importFile("index.js", copy());
    const { store } = offline({ n: 0 }, entry);
    store.dispose();
    const other = offline({ n: 0 }, entry).store;
    await new Promise((resolve) =>
      other.status.subscribe(({ state }) => state === "offline" && resolve(state)),
    );
    assert.equal(store.status.value.state, "closed");
    assert.deepEqual(store.state, { n: 0 });
  });

  test("B32: where wasm cannot be compiled the constructor does not throw", async (context) => {
    const cause = new WebAssembly.CompileError("refused by embedder");
    refuse(context, cause);
    const folder = copy();
    /** @type {import("./support/package.mjs").Entry} */
    const entry = await importFile("index.js", folder);
    const { store, errors } = offline({ n: 1 }, entry);
    assert.deepEqual(store.state, { n: 1 });
    assert.deepEqual(store.getServerSnapshot(), { n: 1 });
    const { error, state, pending } = /** @type {any} */ (store.status.value);
    assert.deepEqual([state, pending, error.code], ["failed", 0, "wasm-load"]);
    assert.equal(error.cause, cause);
    assert.deepEqual(errors, [], "the app does not have the store yet");
    await Promise.resolve();
    assert.deepEqual(errors, [error]);
    assert.equal(
      thrownBy(() => store.update(() => {})),
      error,
    );
    await assert.rejects(store.ready, { code: "wasm-load" });
    await store.flush();
    store.connect();
    store.dispose();
    assert.equal(store.status.value.state, "closed");
  });

  test("B33: in slim, who opens a store that can have no socket hears of it before init", async () => {
    /** @type {import("./support/package.mjs").SlimEntry} */
    const slim = await importFile("slim.js", copy());
    const options = { initial: { n: 0 }, WebSocket: undefined };
    const opened = slim.SyncedStore.open("/rooms/a", options);
    await assert.rejects(opened, { code: "network" });
  });

  test("B35: in slim, stores made before init wait for it, and a bad source can be mended", async () => {
    const folder = copy();
    /** @type {import("./support/package.mjs").SlimEntry} */
    const slim = await importFile("slim.js", folder);
    const { store } = offline({ n: 0 }, slim);
    assert.equal(store.status.value.state, "loading");
    await assert.rejects(slim.init(new TextEncoder().encode("<!doctype html>")), {
      code: "wasm-load",
      message: "the bytes is no wasm; give init the address of the file draftsync/core.wasm",
    });
    await assert.rejects(slim.init(new Uint8Array([0, 0x61, 0x73, 0x6d, 9, 9, 9, 9])), {
      code: "wasm-load",
    });
    assert.equal(store.status.value.state, "loading");
    await slim.init(readFileSync(`${folder}/core.wasm`));
    await Promise.resolve();
    await Promise.resolve();
    store.update((draft) => void (draft.n = 1));
    assert.equal(store.state.n, 1);
    assert.equal(offline({ n: 2 }, slim).store.state.n, 2);
  });

  test("B27: a core that traps is let go: the state stays, and the error is typed", async () => {
    const folder = copy();
    const core = await importFile("core.js", folder);
    /** @type {import("./support/package.mjs").Entry} */
    const entry = await importFile("index.js", folder);
    const { store, errors } = offline({ n: 0 }, entry);
    const change = store.update((draft) => void (draft.n = 1));
    assert.equal(store.state.n, 1);
    const trap = new WebAssembly.RuntimeError("unreachable");
    const { update } = core.SyncedStore.prototype;
    core.SyncedStore.prototype.update = () => {
      throw trap;
    };
    const error = thrownBy(() => store.update((draft) => void (draft.n = 2)));
    core.SyncedStore.prototype.update = update;
    assert.equal(error.code, "internal");
    assert.equal(error.cause, trap);
    assert.equal(
      error.message,
      "internal; the store stopped, state stays readable; make a new one",
    );
    assert.deepEqual(store.state, { n: 1 });
    assert.equal(store.status.value.state, "failed");
    await assert.rejects(change.confirmed, { code: "internal" });
    await Promise.resolve();
    assert.deepEqual(errors, [error], "told once");
    assert.equal(
      thrownBy(() => store.update(() => {})),
      error,
    );
    assert.equal(offline({ n: 3 }, entry).store.state.n, 3, "another store goes on");
  });
});
