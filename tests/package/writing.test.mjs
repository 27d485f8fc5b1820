// @ts-check
// What a store without a connection does: reading, writing, and its errors word by word.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NOWHERE, development, offline, production, thrownBy } from "./support/package.mjs";

/** @returns {any} */
const board = () => ({ title: "a", todos: [{ text: "milk", done: false }, { text: "tea" }] });

describe("reading", () => {
  test("B3: reads give one object, and may be passed on without the store", () => {
    const { store } = offline(board());
    const { getSnapshot, getServerSnapshot, subscribe } = store;
    assert.equal(getSnapshot(), store.state);
    assert.equal(getSnapshot(), getSnapshot());
    assert.deepEqual(getServerSnapshot(), board());
    let calls = 0;
    const end = subscribe(() => (calls += 1));
    store.update((draft) => void (draft.title = "b"));
    assert.equal(getSnapshot().title, "b");
    assert.equal(getServerSnapshot().title, "a");
    assert.equal(calls, 1);
    end();
    store.update((draft) => void (draft.title = "c"));
    assert.equal(calls, 1);
  });

  test("B1, B2: a snapshot stays as it is, and untouched parts stay the same objects", () => {
    const { store } = offline(board());
    const before = store.state;
    const text = JSON.stringify(before);
    store.update((draft) => void (draft.todos[0].done = true));
    const after = store.state;
    assert.notEqual(after, before);
    assert.equal(JSON.stringify(before), text);
    assert.equal(after.todos[1], before.todos[1]);
    assert.notEqual(after.todos[0], before.todos[0]);
    store.patch([{ op: "replace", path: "/todos/1/text", value: "coffee" }]);
    assert.equal(store.state.todos[0], after.todos[0]);
    assert.equal(after.todos[1].text, "tea");
  });

  test("B4: development freezes what it hands out, to the depth; production does not", () => {
    const frozen = offline(board(), development).store;
    const plain = offline(board()).store;
    for (const store of [frozen, plain]) {
      store.update((draft) => void draft.todos.push({ text: "new", tags: ["x"] }));
      const { state } = store;
      const parts = [state, state.todos, ...state.todos, state.todos[2].tags];
      for (const part of parts) assert.equal(Object.isFrozen(part), store === frozen);
    }
    assert.throws(() => (frozen.state.todos[0].done = true), TypeError);
  });

  test("B17: what the app gave is neither kept nor changed", () => {
    const initial = board();
    const { store } = offline(initial);
    const item = { text: "new", tags: ["x"] };
    store.update((draft) => void draft.todos.push(item));
    const value = { n: [1] };
    store.patch([{ op: "add", path: "/value", value }]);
    item.tags.push("y");
    value.n.push(2);
    initial.title = "changed";
    assert.deepEqual(store.state.todos[2], { text: "new", tags: ["x"] });
    assert.deepEqual(store.state.value, { n: [1] });
    assert.equal(store.state.title, "a");
    assert.equal(store.getServerSnapshot().title, "a");
    assert.equal(Object.isFrozen(item), false);
  });
});

describe("writing", () => {
  test("P2, P26: a token is read by its container, down to the deepest", () => {
    // Objects, and arrays where the depth says so: each has a member or an element 0.
    for (const isList of [(/** @type {number} */ at) => at % 3 === 0, () => true, () => false]) {
      /** @type {any} */
      let initial = "deep";
      for (let at = 62; at >= 0; at--) initial = isList(at) ? [initial] : { 0: initial };
      const { store } = offline(initial);
      store.patch([
        { op: "test", path: "/0".repeat(63), value: "deep" },
        { op: "add", path: "/0".repeat(63), value: "new" },
      ]);
      const inner = "/0".repeat(62);
      const kept = isList(62) ? ["new", "deep"] : { 0: "new" };
      store.patch([{ op: "test", path: inner, value: kept }]);
    }
  });

  test("B6, B11: update says what it wrote, and state has it on the next line", () => {
    const { store } = offline(board());
    const change = store.update((draft) => void draft.todos.unshift({ text: "first" }));
    assert.equal(store.state.todos[0].text, "first");
    assert.deepEqual(change.patches, [{ op: "add", path: "/todos/0", value: { text: "first" } }]);
    assert.notEqual(change.id, "");
    assert.notEqual(change.id, store.update((draft) => void (draft.title = "b")).id);
  });

  test("B7: a recipe may return the new state", () => {
    const { store } = offline(board());
    const change = store.update((draft) => ({ ...draft, title: "b" }));
    assert.deepEqual(change.patches, [{ op: "replace", path: "/title", value: "b" }]);
    store.update(() => ({ ...store.state, title: "c" }));
    assert.deepEqual(store.state, { ...board(), title: "c" });
  });

  test("B13, B16: assigning is replace or add, an equal primitive nothing, undefined removes", () => {
    /** @type {[recipe: (draft: any) => void, patches: unknown[]][]} */
    const rows = [
      [(draft) => (draft.title = "b"), [{ op: "replace", path: "/title", value: "b" }]],
      [(draft) => (draft.title = "a"), []],
      [(draft) => (draft.more = 1), [{ op: "add", path: "/more", value: 1 }]],
      [(draft) => (draft.title = undefined), [{ op: "remove", path: "/title" }]],
      [
        (draft) => (draft.more = { kept: 1, left: undefined }),
        [{ op: "add", path: "/more", value: { kept: 1 } }],
      ],
    ];
    for (const [recipe, patches] of rows) {
      const { store } = offline(board());
      assert.deepEqual(store.update((draft) => void recipe(draft)).patches, patches);
    }
    const { store } = offline({ kept: 1, left: undefined });
    assert.deepEqual(Object.keys(store.state), ["kept"]);
  });

  test("B12, B14: the operations of a change lead another store to the same state", () => {
    /** @type {((draft: any) => void)[]} */
    const recipes = [
      (draft) => draft.todos.reverse(),
      (draft) => draft.todos.splice(0, 1, { text: "x" }, { text: "y" }),
      (draft) => ([draft.todos[0], draft.todos[1]] = [draft.todos[1], draft.todos[0]]),
      (draft) => (draft.first = draft.todos.shift()),
      (draft) => (draft.todos = draft.todos.filter((/** @type {any} */ item) => item.done)),
      (draft) =>
        draft.todos.sort((/** @type {any} */ a, /** @type {any} */ b) =>
          a.text < b.text ? 1 : -1,
        ),
      (draft) => draft.todos.push(draft.todos[0]),
      (draft) => (draft.todos.length = 1),
      (draft) => delete draft.todos,
    ];
    for (const recipe of recipes) {
      const [one, two] = [offline(board()).store, offline(board()).store];
      const change = one.update((draft) => void recipe(draft));
      assert.ok(change.patches.length > 0, String(recipe));
      two.patch(change.patches);
      assert.deepEqual(two.state, one.state, String(recipe));
    }
  });

  test("B10: nothing changed is no change: nobody is told, and its outcome is there", async () => {
    const { store } = offline(board());
    const before = store.state;
    store.subscribe(() => assert.fail("nothing has changed"));
    for (const change of [store.update(() => {}), store.patch([]), store.update((d) => d)]) {
      assert.equal(change.id, "");
      assert.deepEqual(change.patches, []);
      assert.deepEqual(await change.confirmed, { version: 0, rebased: false, lost: [] });
    }
    assert.equal(store.state, before);
    assert.equal(store.status.value.pending, 0);
  });

  test("B19: transact makes one change of all", async () => {
    const { store } = offline(board());
    let calls = 0;
    store.subscribe(() => (calls += 1));
    /** @type {unknown[]} */
    const made = [];
    const result = store.transact(() => {
      made.push(store.update((draft) => void (draft.title = "b")));
      assert.equal(store.state.title, "b");
      made.push(store.patch([{ op: "remove", path: "/todos/1" }]));
      store.transact(() => store.update((draft) => void (draft.title = "c")));
      assert.equal(calls, 0);
      return "result";
    });
    assert.equal(result, "result");
    assert.equal(calls, 1);
    assert.equal(store.status.value.pending, 1);
    assert.equal(made[0], made[1], "the change of the whole");
    const { patches, id } = /** @type {import("../../pkg-template/index.js").Change} */ (made[0]);
    assert.notEqual(id, "");
    assert.deepEqual(
      patches.map(({ op, path }) => [op, path]),
      [
        ["replace", "/title"],
        ["remove", "/todos/1"],
        ["replace", "/title"],
      ],
    );
  });

  test("B19: when fn throws, its error goes on and nothing of it has happened", async () => {
    const { store } = offline(board());
    const before = store.state;
    store.subscribe(() => assert.fail("nothing has changed"));
    const own = new Error("own");
    /** @type {Promise<unknown> | undefined} */
    let confirmed;
    const thrown = thrownBy(() =>
      store.transact(() => {
        ({ confirmed } = store.update((draft) => void (draft.title = "b")));
        throw own;
      }),
    );
    assert.equal(thrown, own);
    assert.equal(store.state, before);
    assert.equal(store.status.value.pending, 0);
    await assert.rejects(/** @type {Promise<unknown>} */ (confirmed), {
      code: "rejected",
      details: { reason: "rolled-back" },
    });
    store.update((draft) => void (draft.todos[0].done = true));
  });

  test("B8: what a recipe throws goes on as it is, even an error of another wasm", () => {
    const { store } = offline(board());
    const before = store.state;
    for (const own of [new Error("own"), "text", undefined, new WebAssembly.RuntimeError("own")]) {
      const thrown = (() => {
        try {
          store.update((draft) => {
            draft.title = "b";
            throw own;
          });
        } catch (error) {
          return { error };
        }
      })();
      assert.deepEqual(thrown, { error: own });
      assert.equal(store.state, before);
    }
    store.update((draft) => void (draft.title = "still alive"));
    assert.equal(store.state.title, "still alive");
  });
});

test("two stores, and two copies of the package, are two replicas", async () => {
  const one = new production.SyncedStore(NOWHERE, { initial: { n: 0 }, autoConnect: false });
  const two = new development.SyncedStore(NOWHERE, { initial: { n: 0 }, autoConnect: false });
  assert.notEqual(one.clientId, two.clientId);
  one.update((draft) => void (draft.n = 1));
  assert.equal(two.state.n, 0);
});
