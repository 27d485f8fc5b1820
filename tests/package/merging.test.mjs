// @ts-check
// docs/merging.md: every row of its tables and every block, with two stores and a real server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { WebSocket } from "ws";
import { ServerProcess } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { production, root } from "./support/package.mjs";
import { blocks, codes, evaluate, printed, tables } from "./support/paper.mjs";

/** @typedef {import("../../pkg-template/index.js").SyncedStore<any>} Store */
/** @typedef {import("../../pkg-template/index.js").Change} Change */

const page = readFileSync(`${root}docs/merging.md`, "utf8");
const COMING_BACK = ["At first", "Ada", "Grace, after Ada", "Everyone has", "Grace is told"];
const AWAY = COMING_BACK.with(2, "Grace, away for long");
const REASONS = ["Reason", "What happened to the operation", "In the document"];

/** How often a room has answered `hello` with changes, and how often with a snapshot. */
const welcomes = { changes: 0, snapshot: 0 };

class Watched extends WebSocket {
  /** @param {string} url @param {string[]} [protocols] */
  constructor(url, protocols) {
    super(url, protocols);
    this.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.type !== "welcome") return;
      if (message.snapshot === undefined) welcomes.changes += 1;
      else welcomes.snapshot += 1;
    });
  }
}

/** @type {ServerProcess} */
let remembering;
/** @type {ServerProcess} */
let forgetful;
/** @type {Store[]} */
const stores = [];
let rooms = 0;

before(async () => {
  [remembering, forgetful] = await Promise.all([
    ServerProcess.start({ engine: "memory" }),
    // A room that keeps no change: whoever missed one gets a snapshot.
    ServerProcess.start({ engine: "memory", flags: ["--log-bytes-max", "0"] }),
  ]);
});
afterEach(() => {
  for (const store of stores.splice(0)) store.dispose();
});
after(() => Promise.all([remembering?.kill(), forgetful?.kill()]));

/** @param {ServerProcess} server */
function newRoom(server) {
  rooms += 1;
  return `${server.url.replace("http", "ws")}/rooms/merging-${rooms}`;
}

/**
 * The class of the package, whose stores end with the test.
 * @extends {production.SyncedStore<any>}
 */
class SyncedStore extends production.SyncedStore {
  /** @param {string} url @param {any} options */
  constructor(url, options) {
    super(url, {
      WebSocket: /** @type {any} */ (Watched),
      onError: (/** @type {unknown} */ error) => assert.fail(String(error)),
      ...options,
    });
    stores.push(this);
  }
}

/**
 * @param {string} room
 * @param {object} initial
 * @param {object} [options]
 * @returns {Promise<Store>}
 */
function open(room, initial, options) {
  return SyncedStore.open(room, { initial, ...options });
}

/**
 * Does what a cell says: operations, or the body of a recipe.
 * @param {Store} store
 * @param {string} cell
 * @returns {Change}
 */
function edit(store, cell) {
  const [code] = codes(cell);
  if (code.startsWith("[")) return store.patch(evaluate(code));
  const recipe = new Function("d", code);
  return store.update((draft) => void recipe(draft));
}

/** What the author of a change is told, as a cell says it. @param {Change} change */
async function told(change) {
  try {
    return (await change.confirmed).lost.map(({ reason }) => reason);
  } catch (error) {
    assert.ok(error instanceof production.RejectedError);
    return [error.code];
  }
}

/**
 * @param {ServerProcess} server
 * @param {string[]} row
 */
async function run(server, [first, adas, graces, end, report]) {
  const room = newRoom(server);
  const ada = await open(room, evaluate(codes(first)[0]));
  const grace = await open(room, evaluate(codes(first)[0]));
  grace.disconnect();
  assert.deepEqual(await told(edit(ada, adas)), [], "Ada comes first, so she loses nothing");
  const change = edit(grace, graces);
  const seen = { ...welcomes };
  grace.connect();
  assert.deepEqual(await told(change), codes(report));
  assert.deepEqual(grace.state, evaluate(codes(end)[0]));
  await until("Ada has it too", () => {
    assert.deepEqual(ada.state, grace.state);
    return true;
  });
  return { changes: welcomes.changes - seen.changes, snapshot: welcomes.snapshot - seen.snapshot };
}

for (const { heading, head, rows } of tables(page)) {
  const away = head[2] === AWAY[2];
  if (head[0] !== COMING_BACK[0]) continue;
  for (const row of rows) {
    test(`T2, C6: docs/merging.md, ${heading}: ${row[1]} and ${row[2]}`, async () => {
      const came = await run(away ? forgetful : remembering, row);
      assert.deepEqual(came, away ? { changes: 0, snapshot: 1 } : { changes: 1, snapshot: 0 });
    });
  }
}

test("docs/merging.md has no table that is not run, and names every reason", () => {
  const all = tables(page);
  for (const { head } of all) {
    const known = [COMING_BACK, AWAY, REASONS].some((other) => String(other) === String(head));
    assert.ok(known, `a table that nothing runs: ${head.join(" | ")}`);
  }
  const types = readFileSync(`${root}pkg-template/told.d.ts`, "utf8");
  const union = /type LostReason =([^;]*);/.exec(types)?.[1] ?? "";
  const possible = [...union.matchAll(/"(.*)"/g)].map(([, word]) => word).sort();
  const named = all.filter(({ head }) => head[0] === REASONS[0]).flatMap(({ rows }) => rows);
  assert.deepEqual(named.map(([reason]) => codes(reason)[0]).sort(), possible);
  const shown = new Set(all.flatMap(({ rows }) => rows.flatMap((row) => codes(row[4] ?? ""))));
  // No row undoes anything; tests/package/history.test.mjs does.
  const inRows = possible.filter((word) => word !== "superseded");
  assert.deepEqual([...shown].sort(), [...inRows, "rejected"].sort());
});

for (const { heading, source } of blocks(page)) {
  test(`B6, B26: docs/merging.md, the block under ${heading}`, async () => {
    const code = source.replace(/ws:\/\/[^"]*/g, newRoom(remembering));
    assert.notEqual(code, source, "it names a room");
    /** @type {unknown[][]} */
    const lines = [];
    const log = (/** @type {unknown[]} */ ...values) => void lines.push(structuredClone(values));
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    await AsyncFunction("SyncedStore", "console", code)(SyncedStore, { log });
    assert.ok(lines.length > 0, "it prints something");
    assert.deepEqual(lines, printed(source));
  });
}

test("C22, R14, S13: docs/merging.md, When the room has lost its history", async (t) => {
  const first = await ServerProcess.start({ engine: "memory" });
  const room = newRoom(first);
  /** @type {string[]} */
  const codes = [];
  const store = await open(
    room,
    { items: ["from initial"] },
    {
      connection: { minDelayMs: 10, maxDelayMs: 100 },
      onError: (/** @type {import("../../pkg-template/index.js").SyncedStoreError} */ error) =>
        void codes.push(error.code),
    },
  );
  await store.update((draft) => void draft.items.push("acknowledged")).confirmed;
  await first.kill();
  await until("the store notices", () => store.status.value.state !== "connected");
  const waiting = store.update((draft) => void draft.items.push("waiting"));
  const second = await ServerProcess.start({ engine: "memory", port: first.port });
  t.after(() => second.kill());
  await waiting.confirmed;
  assert.deepEqual(store.state, { items: ["from initial", "waiting"] });
  assert.ok(codes.includes("storage"), codes.join());
});
