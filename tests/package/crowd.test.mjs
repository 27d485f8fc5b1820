// @ts-check
// What many peers cost: nothing, while it is of others or of other places that a store hears.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { importFile } from "./support/package.mjs";
import { connected } from "./support/socket.mjs";

/** @import { Peer } from "../../pkg-template/index.js" */

const BOARD = { text: "hello", items: [{ id: 1 }], count: 0 };

const { prototype } = (await importFile("core.js")).SyncedStore;
const members = Object.getOwnPropertyDescriptors(prototype);
let calls = 0;
for (const [name, { value, get }] of Object.entries(members)) {
  if (name === "constructor") continue;
  /** @param {Function} act */
  const counted = (act) =>
    /** @this {any} @param {...any} given */
    function (...given) {
      calls++;
      return act.apply(this, given);
    };
  if (get) Object.defineProperty(prototype, name, { get: counted(get) });
  else Object.defineProperty(prototype, name, { value: counted(value) });
}
after(() => void Object.defineProperties(prototype, members));

/** A store with so many others, of whom each points into the text. @param {number} others */
async function crowd(others) {
  const { store, socket } = await connected(BOARD, { initial: BOARD });
  const say = (/** @type {number} */ who, /** @type {number} */ pos) =>
    socket.say({
      type: "presence",
      client_id: String(who).padStart(32, "0"),
      version: 1,
      value: { caret: { $anchor: 0 } },
      anchors: [{ path: "/text", pos }],
    });
  for (let who = 0; who < others; who++) say(who, who % 5);
  /** @type {(readonly Peer<any>[])[]} */
  const told = [];
  store.presence.subscribe((peers) => void told.push(peers));
  assert.equal(told[0].length, others);
  const acts = {
    message: () => say(1, 4),
    far: () => socket.change(2, [{ op: "replace", path: "/count", value: 1 }]),
    own: () => void store.update((board) => void board.items.pop()),
    near: () => socket.change(3, [{ op: "str_ins", path: "/text", pos: 3, str: "-" }]),
  };
  const costs = Object.entries(acts).map(([name, act]) => {
    const before = { calls, told: told.length, peers: told[told.length - 1] };
    act();
    const peers = told[told.length - 1];
    const anew = peers.filter((peer, at) => peer !== before.peers[at]).length;
    return [name, { calls: calls - before.calls, told: told.length - before.told, anew }];
  });
  return Object.fromEntries(costs);
}

test("B55: nobody costs a call into the core whose anchors have not moved", async () => {
  const [few, many] = [await crowd(5), await crowd(100)];
  for (const name of Object.keys(few))
    assert.equal(many[name].calls, few[name].calls, `${name}: ${many[name].calls} calls`);
  assert.deepEqual([many.message.told, many.message.anew], [1, 1]);
  assert.deepEqual([many.far.told, many.far.anew], [0, 0]);
  assert.deepEqual([many.own.told, many.own.anew], [0, 0]);
  // Of each five, those at 3 (now behind what was put in there) and at 4; and who spoke again.
  assert.deepEqual([many.near.told, many.near.anew], [1, 41]);
});
