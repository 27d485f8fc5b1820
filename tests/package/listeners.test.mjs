// @ts-check
// Being told: in order, whatever listeners do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { offline, production, thrownBy } from "./support/package.mjs";
import { connected } from "./support/socket.mjs";

test("B20: listeners run in the order they came, once for each of their subscriptions", () => {
  const { store } = offline({ n: 0 });
  /** @type {string[]} */
  const calls = [];
  const a = () => void calls.push("a");
  const ends = [store.subscribe(a), store.subscribe(() => calls.push("b")), store.subscribe(a)];
  store.update((draft) => void (draft.n = 1));
  assert.deepEqual(calls, ["a", "b", "a"]);
  ends[0]();
  ends[0]();
  store.update((draft) => void (draft.n = 2));
  assert.deepEqual(calls, ["a", "b", "a", "b", "a"]);
});

test("B20, B21: a listener that writes: every listener ends with the last state", () => {
  const { store } = offline({ n: 0 });
  /** @type {number[]} */
  const first = [];
  /** @type {number[]} */
  const second = [];
  store.subscribe(() => {
    first.push(store.state.n);
    if (store.state.n < 3) {
      store.update((draft) => void (draft.n += 1));
      assert.equal(store.state.n, first.length + 1, "a write shows on the next line, here too");
    }
  });
  store.subscribe(() => void second.push(store.state.n));
  store.update((draft) => void (draft.n = 1));
  assert.equal(store.state.n, 3);
  assert.deepEqual(first, [1, 2, 3]);
  assert.equal(second.at(-1), 3);
  assert.deepEqual([...second].sort(), second, "states are seen in order");
});

test("B21: a listener may subscribe, end itself, and dispose of the store", async () => {
  const { store, errors } = offline({ n: 0 });
  /** @type {string[]} */
  const calls = [];
  const end = store.subscribe(() => {
    calls.push("first");
    end();
    store.subscribe(() => void calls.push("late"));
  });
  store.update((draft) => void (draft.n = 1));
  assert.deepEqual(calls, ["first"]);
  store.update((draft) => void (draft.n = 2));
  assert.deepEqual(calls, ["first", "late"]);

  store.subscribe(() => store.dispose());
  store.subscribe(() => assert.fail("it is over"));
  const change = store.update((draft) => void (draft.n = 3));
  assert.equal(store.state.n, 3);
  assert.equal(store.status.value.state, "closed");
  await assert.rejects(change.confirmed, { code: "disposed" });
  assert.deepEqual(errors, []);
});

test("B21: a recipe may read and write the store it belongs to, or dispose of it", () => {
  const { store } = offline({ n: 0, m: 0 });
  try {
    store.update((draft) => {
      store.update((inner) => void (inner.m = 1));
      draft.n = store.state.m + 1;
    });
  } catch (error) {
    // Refusing is fine, as long as it is said in words and nothing is broken.
    assert.ok(error instanceof production.SyncedStoreError, String(error));
  }
  store.update((draft) => void (draft.n = 7));
  assert.equal(store.state.n, 7);
  const error = thrownBy(() =>
    store.update((draft) => {
      draft.n = 8;
      store.dispose();
    }),
  );
  assert.ok(error instanceof production.DisposedError, String(error));
  assert.equal(store.state.n, 7);
});

test("B22: what a listener throws goes to onError, and the others are called", () => {
  const { store, errors } = offline({ n: 0 });
  const own = new Error("own");
  let calls = 0;
  store.subscribe(() => {
    throw own;
  });
  store.on("patch", () => {
    throw own;
  });
  store.subscribe(() => (calls += 1));
  store.update((draft) => void (draft.n = 1));
  assert.equal(calls, 1);
  assert.equal(store.state.n, 1);
  assert.deepEqual(errors.map(({ message }) => message).sort(), [
    'a listener of "change" threw: Error: own',
    'a listener of "patch" threw: Error: own',
  ]);
  for (const error of errors) {
    assert.equal(error.code, "internal");
    assert.equal(error.cause, own);
  }
});

test("B22: what onError throws is written to the console, and that is all", (context) => {
  const written = context.mock.method(console, "error", () => {});
  const { store } = offline({ n: 0 }, production, {
    onError: () => {
      throw new Error("from onError");
    },
  });
  store.subscribe(() => {
    throw new Error("own");
  });
  store.update((draft) => void (draft.n = 1));
  assert.equal(store.state.n, 1);
  assert.equal(written.mock.calls[0].arguments[0].message, "from onError");
});

test("B23: on is ended by what it returns, by its signal, and by once", () => {
  const { store } = offline({ n: 0 });
  /** @type {string[]} */
  const calls = [];
  const abort = new AbortController();
  const end = store.on("status", () => void calls.push("returned"));
  store.on("status", () => void calls.push("signal"), { signal: abort.signal });
  store.on("status", () => void calls.push("once"), { once: true });
  store.on("status", () => assert.fail("too late"), { signal: AbortSignal.abort() });
  const write = () => store.update((draft) => void (draft.n += 1));
  write();
  assert.deepEqual(calls, ["returned", "signal", "once"]);
  abort.abort();
  write();
  assert.deepEqual(calls, ["returned", "signal", "once", "returned"]);
  end();
  write();
  assert.equal(calls.length, 4);
});

test("B22: what throws in its first call throws to its caller, and is not called again", () => {
  const { store, errors } = offline({ n: 0 });
  const { status, history } = store;
  for (const readable of [status, history, store.select((state) => state.n)]) {
    let calls = 0;
    const listen = () =>
      readable.subscribe(() => {
        calls += 1;
        throw new Error("own");
      });
    assert.equal(thrownBy(listen).message, "own");
    store.update((draft) => void (draft.n += 1));
    assert.equal(calls, 1);
  }
  assert.deepEqual(errors, []);
});

test("B66: what is no event, or no function, is refused and not listened to", () => {
  const { store } = offline({ n: 0 });
  /** @type {any} */
  const loose = store;
  for (const type of ["change", "history", "peer", "Patch", undefined]) {
    const error = thrownBy(() => loose.on(type, () => assert.fail("of the inside")));
    assert.ok(error instanceof TypeError);
    assert.equal(
      error.message,
      `there is no event "${type}"; listen to error, patch, presence, rejected, status`,
    );
  }
  for (const listener of [undefined, null, {}, "run"])
    for (const listen of [
      () => loose.on("patch", listener),
      () => loose.on("patch", listener, { once: true }),
      () => loose.subscribe(listener),
    ]) {
      const error = thrownBy(listen);
      assert.ok(error instanceof TypeError);
      assert.equal(error.message, `${listener} is no function to call`);
    }
  store.update((draft) => void (draft.n = 1));
});

test("B24: patch events have the change's id and its operations", () => {
  const { store } = offline({ n: 0 });
  /** @type {import("../../pkg-template/index.js").PatchEvent[]} */
  const events = [];
  const end = store.on("patch", (event) => void events.push(event));
  const change = store.update((draft) => void (draft.n = 1));
  end();
  store.update((draft) => void (draft.n = 2));
  assert.deepEqual(events, [
    {
      id: change.id,
      origin: "local",
      clientId: store.clientId,
      version: null,
      patches: [{ op: "replace", path: "/n", value: 1 }],
    },
  ]);
});

test("B25: the status is a value over time, with the number of changes pending", () => {
  const { store } = offline({ n: 0 });
  const { get, subscribe } = store.status;
  assert.deepEqual(get(), { state: "offline", pending: 0, retryAt: null });
  assert.equal(get(), store.status.value);
  /** @type {number[]} */
  const pending = [];
  const end = subscribe((status) => void pending.push(status.pending));
  assert.deepEqual(pending, [0], "at once");
  store.update((draft) => void (draft.n = 1));
  assert.equal(store.status.value.pending, 1);
  store.update((draft) => void (draft.n = 2));
  end();
  store.update((draft) => void (draft.n = 3));
  assert.deepEqual(pending, [0, 1, 2]);
  assert.equal(get().pending, 3);
});

test("B64: logLevel says what is written to the console", async (context) => {
  /** @type {string[]} */
  let written = [];
  for (const method of /** @type {const} */ (["error", "warn", "info", "debug"]))
    context.mock.method(console, method, (/** @type {unknown[]} */ ...said) => {
      written.push(`${method} ${said[0] instanceof Error ? "" : said[0]}`.trim());
    });
  /** @param {import("../../pkg-template/index.js").LogLevel} [logLevel] */
  const all = async (logLevel) => {
    written = [];
    const options = { initial: { n: 0 }, logLevel, onError: undefined };
    const { store, socket } = await connected({ n: 0 }, options);
    for (const hear of [
      () => {},
      (/** @type {any} */ change) => change.confirmed.catch(() => {}),
    ]) {
      hear(store.update((draft) => void draft.n++));
      const [{ seq, tag }] = socket.sent.at(-1).changes;
      const rejected = { code: "rejected", op: 0, rule: "guard-failed" };
      socket.say({ type: "ack", results: [{ seq, tag, version: 1, rejected }] });
    }
    const refusals = written.filter((line) => /^error|rejected/.test(line));
    assert.ok(refusals.length <= 2, `two changes were refused: ${refusals}`);
    return [...new Set(written)].sort();
  };
  assert.deepEqual(await all("silent"), []);
  assert.deepEqual(await all(), ["error"]);
  assert.deepEqual(await all("error"), ["error"]);
  assert.deepEqual(await all("warn"), ["error", "warn draftsync rejected:"]);
  assert.deepEqual(await all("info"), [
    "error",
    "info draftsync status:",
    "warn draftsync rejected:",
  ]);
  assert.deepEqual(await all("debug"), [
    "debug draftsync patch:",
    "error",
    "info draftsync status:",
    "warn draftsync rejected:",
  ]);
});
