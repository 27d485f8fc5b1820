// @ts-check
// draftsync/devtools, with an extension that only writes down what it is told.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { importFile, thrownBy } from "./support/package.mjs";
import { member, serverWith } from "./support/rooms.mjs";

/** @type {typeof import("../../pkg-template/devtools.js")} */
const { connectDevtools } = await importFile("devtools.js");

/** What the extension has been told. @type {any[]} */
let told = [];
/** @type {((message: object) => void) | undefined} */
let listener;

beforeEach(() => {
  told = [];
  listener = undefined;
  Object.assign(globalThis, {
    __REDUX_DEVTOOLS_EXTENSION__: {
      /** @param {{ name: string }} options */
      connect: ({ name }) => ({
        init: (/** @type {unknown} */ state) => told.push(["init", name, state]),
        send: (/** @type {unknown} */ action, /** @type {unknown} */ state) =>
          told.push([action, state]),
        subscribe(/** @type {(message: object) => void} */ run) {
          listener = run;
          return () => (listener = undefined);
        },
      }),
    },
  });
});
afterEach(() => Reflect.deleteProperty(globalThis, "__REDUX_DEVTOOLS_EXTENSION__"));

/** A button of the extension. @param {string} type @param {unknown} [state] */
function press(type, state) {
  assert.ok(listener);
  listener({ type: "DISPATCH", payload: { type }, state: state && JSON.stringify(state) });
}

async function meeting() {
  const server = serverWith();
  const ada = member(server, { initial: { n: 0 } });
  const grace = member(server, { initial: { n: 0 } });
  await server.settled();
  return { server, ada, grace };
}

/** Sets the number. @param {{ update: import("../../pkg-template/index.js").SyncedStore<{ n: number }>["update"] }} store @param {number} n */
const set = (store, n) => store.update((draft) => void (draft.n = n));

test("D15: the extension is told of every change, and of the state after it", async () => {
  const { server, ada, grace } = await meeting();
  connectDevtools(ada);
  assert.deepEqual(told, [["init", "draftsync: room", { n: 0 }]]);
  set(ada, 1);
  set(grace, 2);
  await server.settled();
  ada.history.undo();
  const op = (/** @type {number} */ value) => ({ op: "replace", path: "/n", value });
  assert.deepEqual(told.slice(1, 3), [
    [{ type: "update", patches: [op(1)], origin: "local" }, { n: 1 }],
    [{ type: "update", patches: [op(2)], origin: "remote" }, { n: 2 }],
  ]);
  press("PAUSE_RECORDING");
  const before = told.length;
  set(ada, 4);
  assert.equal(told.length, before);
  press("PAUSE_RECORDING");
  set(ada, 5);
  assert.equal(told.length, before + 1);
});

test("D15: a label is the type of its action", async () => {
  const { server, ada } = await meeting();
  connectDevtools(ada);
  ada.update((draft) => void (draft.n = 1), { label: "count" });
  ada.transact(() => set(ada, 2), { label: "count twice" });
  await server.settled();
  assert.deepEqual(
    told.slice(1).map(([{ type, origin }]) => [type, origin]),
    [
      ["count", "local"],
      ["count twice", "local"],
    ],
  );
});

test("D15: without the extension nothing happens", async () => {
  Reflect.deleteProperty(globalThis, "__REDUX_DEVTOOLS_EXTENSION__");
  const { ada } = await meeting();
  connectDevtools(ada)();
  set(ada, 1);
  assert.deepEqual(told, []);
});

test("D15: the app may name it", async () => {
  const { ada } = await meeting();
  connectDevtools(ada, { name: "groceries" });
  assert.equal(told[0][1], "groceries");
});

for (const type of ["JUMP_TO_STATE", "JUMP_TO_ACTION"]) {
  test(`D16: ${type} shows a state here, and nobody else notices`, async () => {
    const { server, ada, grace } = await meeting();
    connectDevtools(ada);
    set(ada, 1);
    await server.settled();
    const versions = server.log("room").length;
    /** @type {unknown[]} */
    const seen = [];
    ada.subscribe(() => seen.push(ada.getSnapshot()));
    press(type, { n: 0 });
    assert.deepEqual(seen, [{ n: 0 }]);
    assert.deepEqual(ada.state, { n: 0 });
    assert.equal(ada.state, ada.state, "the same object until something changes");
    press(type, { n: 7 });
    assert.deepEqual(seen, [{ n: 0 }, { n: 7 }]);
    await server.settled();
    assert.equal(ada.status.value.pending, 0);
    assert.equal(server.log("room").length, versions);
    assert.deepEqual([server.document("room"), grace.state], [{ n: 1 }, { n: 1 }]);
  });
}

test("D16: what is derived of the state shows the past too, and writes nothing of it", async () => {
  const server = serverWith();
  const ada = member(server, { initial: { n: 0, words: "one" } });
  await server.settled();
  connectDevtools(ada);
  const counter = ada.counter("/n");
  const words = ada.text("/words");
  const doubled = ada.select(({ n }) => n * 2);
  /** @type {number[]} */
  const seen = [];
  doubled.subscribe((value) => seen.push(value));
  counter.add(1);
  words.insert(3, " two");
  await server.settled();
  press("JUMP_TO_STATE", { n: 7, words: "three hundred" });
  assert.deepEqual([counter.value, words.value, doubled.value], [7, "three hundred", 14]);
  assert.deepEqual(seen, [0, 2, 14]);
  // An offset in that text means another place in the document, or none.
  assert.equal(thrownBy(() => words.insert(13, "!")).code, "unavailable");
  assert.deepEqual([counter.value, words.value, doubled.value], [1, "one two", 2]);
  await server.settled();
  assert.deepEqual(server.document("room"), { n: 1, words: "one two" });
});

test("D17: the next change from anywhere shows the present", async () => {
  const { server, ada, grace } = await meeting();
  connectDevtools(ada);
  set(ada, 1);
  await server.settled();
  press("JUMP_TO_STATE", { n: 0 });
  set(grace, 2);
  await server.settled();
  assert.deepEqual(ada.state, { n: 2 });
  assert.deepEqual(told.at(-1)[1], { n: 2 });
  set(ada, 3);
  press("JUMP_TO_STATE", { n: 0 });
  ada.history.undo();
  assert.deepEqual(ada.state, { n: 2 });
});

for (const type of ["COMMIT", "RESET", "ROLLBACK"]) {
  test(`D17: ${type} shows the present, and begins anew with it`, async () => {
    const { ada } = await meeting();
    connectDevtools(ada);
    set(ada, 1);
    press("JUMP_TO_STATE", { n: 0 });
    let changes = 0;
    ada.subscribe(() => changes++);
    press(type, { n: 0 });
    assert.deepEqual(ada.state, { n: 1 });
    assert.equal(changes, 1);
    assert.deepEqual(told.at(-1), ["init", "draftsync: room", { n: 1 }]);
    set(ada, 2);
    assert.deepEqual(ada.state, { n: 2 });
  });
}

test("D18: what is made of a past state is refused, and the present is shown again", async () => {
  const { server, ada } = await meeting();
  connectDevtools(ada);
  set(ada, 1);
  await server.settled();
  const versions = server.log("room").length;
  for (const write of [
    () => set(ada, 9),
    () => ada.patch([{ op: "replace", path: "/n", value: 9 }]),
    () => ada.transact(() => set(ada, 9)),
  ]) {
    press("JUMP_TO_STATE", { n: 0 });
    const error = thrownBy(write);
    assert.equal(error.code, "unavailable");
    assert.match(error.message, /^the devtools were showing a past state/);
    assert.deepEqual(ada.state, { n: 1 });
  }
  await server.settled();
  assert.equal(server.log("room").length, versions);
  set(ada, 2);
  assert.deepEqual(ada.state, { n: 2 });
});

test("D19: it ends when it is told to, and with the store", async () => {
  const { ada, grace } = await meeting();
  const end = connectDevtools(ada);
  press("JUMP_TO_STATE", { n: 7 });
  end();
  assert.deepEqual(ada.state, { n: 0 });
  assert.equal(listener, undefined);
  const before = told.length;
  set(ada, 1);
  assert.equal(told.length, before);
  end();

  connectDevtools(grace);
  press("JUMP_TO_STATE", { n: 7 });
  grace.dispose();
  assert.deepEqual(grace.state, { n: 0 });
  assert.equal(listener, undefined);
});

test("another message of the extension does nothing", async () => {
  const { ada } = await meeting();
  connectDevtools(ada);
  listener?.({ type: "START" });
  press("LOCK_CHANGES");
  assert.deepEqual(ada.state, { n: 0 });
  assert.equal(told.length, 1);
});

test("D15: of a store that has ended the extension is told nothing more", async () => {
  const { ada } = await meeting();
  set(ada, 1);
  ada.dispose();
  const end = connectDevtools(ada);
  end();
  assert.equal(listener, undefined);
});
