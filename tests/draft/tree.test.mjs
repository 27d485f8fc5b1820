// @ts-check
// The host tree of the browser: four edits, what they copy and what they leave alone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { edit, get, keep, rootOf, shape, share, tree, wasEdited } from "../../src/web/tree.js";
import * as values from "../../src/web/values.js";

const { check, equals, freeze, jsonBytes, kindOf, len, nodes, slice, splice } = values;

const SET = 0;
const ADD = 1;
const INSERT = 2;
const REMOVE = 3;
const PRESENT = 2 ** 32;

const board = () => ({
  title: "a",
  todos: [{ text: "milk", done: false }, { text: "tea" }],
  "a/b": { "~": 1, "": 2 },
  none: null,
  7: "seven",
});

/** @param {number} depth */
const nested = (depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth));

/** @param {string} text as JSON, the only way to an own member of that name */
const json = (text) => JSON.parse(text);

describe("walking", () => {
  /** @type {[string, any, number][]} pointer, what stands there, shape */
  const rows = [
    ["", board(), PRESENT],
    ["/title", "a", PRESENT],
    ["/none", null, PRESENT],
    ["/7", "seven", PRESENT],
    ["/todos", board().todos, PRESENT],
    ["/todos/0/text", "milk", PRESENT + 2],
    ["/todos/1", { text: "tea" }, PRESENT + 2],
    ["/todos/2", undefined, 2],
    ["/todos/-", undefined, 2],
    ["/todos/00", undefined, 2],
    ["/todos/01", undefined, 2],
    ["/todos/1.0", undefined, 2],
    ["/todos/1e0", undefined, 2],
    ["/todos/-1", undefined, 2],
    ["/todos/length", undefined, 2],
    ["/todos/ 1", undefined, 2],
    ["/todos/", undefined, 2],
    ["/todos/99999999999", undefined, 2],
    ["/a~1b/~0", 1, PRESENT],
    ["/a~1b/", 2, PRESENT],
    ["/a~01b", undefined, 0],
    ["/nope", undefined, 0],
    ["/nope/x", undefined, -1],
    ["/title/length", undefined, -1],
    ["/title/0", undefined, -1],
    ["/none/x", undefined, -1],
    ["/todos/2/text", undefined, -1],
    ["/constructor", undefined, 0],
    ["/toString/name", undefined, -1],
    ["/__proto__", undefined, 0],
    ["/__proto__/constructor", undefined, -1],
  ];
  for (const [pointer, value, bits] of rows) {
    test(`${JSON.stringify(pointer)} reads own values only`, () => {
      assert.deepEqual(get(board(), pointer), value);
      assert.equal(shape(board(), pointer, 0), bits);
    });
  }

  test("what a prototype has at an index is no element", () => {
    const prototype = /** @type {any} */ (Array.prototype);
    prototype[2] = "not ours";
    try {
      assert.equal(get(board(), "/todos/2"), undefined);
      assert.equal(edit(tree(board()), SET, "/todos/2", 1), undefined);
    } finally {
      delete prototype[2];
    }
  });

  test("a shape tells 32 tokens apart, from where it is asked to", () => {
    const all = 2 ** 32 - 1;
    const pointer = "/0".repeat(40);
    for (const [from, bits] of [
      [0, all],
      [8, all],
      [32, 2 ** 8 - 1],
    ]) {
      assert.equal(shape(nested(41), pointer, from), PRESENT + bits);
      assert.equal(shape(nested(40), pointer, from), bits);
      assert.equal(shape(nested(39), pointer, from), -1);
    }
    assert.equal(shape({ a: [[{ b: 1 }]] }, "/a/0/0/b", 1), PRESENT + 3);
    assert.equal(shape(nested(65), "/0".repeat(64), 32), PRESENT + all);
    assert.equal(shape(nested(66), "/0".repeat(65), 32), -1);
  });
});

describe("editing", () => {
  /** @type {[number, string, any, any, any][]} kind, pointer, value, answer, document after it */
  const fits = [
    [SET, "", [1], { l: [1, 2], o: { k: 1 } }, [1]],
    [SET, "/l/0", 9, 1, { l: [9, 2], o: { k: 1 } }],
    [SET, "/l", null, [1, 2], { l: null, o: { k: 1 } }],
    [SET, "/o/k", [3], 1, { l: [1, 2], o: { k: [3] } }],
    [ADD, "/o/n", 2, true, { l: [1, 2], o: { k: 1, n: 2 } }],
    [ADD, "/o/constructor", 2, true, { l: [1, 2], o: { k: 1, constructor: 2 } }],
    [ADD, "/o/", 2, true, { l: [1, 2], o: { k: 1, "": 2 } }],
    [ADD, "/o/a~1~0", 2, true, { l: [1, 2], o: { k: 1, "a/~": 2 } }],
    [INSERT, "/l/0", [0], true, { l: [[0], 1, 2], o: { k: 1 } }],
    [INSERT, "/l/2", 3, true, { l: [1, 2, 3], o: { k: 1 } }],
    [REMOVE, "/l/0", undefined, 1, { l: [2], o: { k: 1 } }],
    [REMOVE, "/o/k", undefined, 1, { l: [1, 2], o: {} }],
    [REMOVE, "/o", undefined, { k: 1 }, { l: [1, 2] }],
  ];
  for (const [kind, pointer, value, answer, after] of fits) {
    test(`edit ${kind} fits ${JSON.stringify(pointer)}, and the old root stays`, () => {
      const root = { l: [1, 2], o: { k: 1 } };
      const host = tree(root);
      assert.deepEqual(edit(host, kind, pointer, value), answer);
      assert.deepEqual(share(host), after);
      assert.deepEqual(root, { l: [1, 2], o: { k: 1 } });
    });
  }

  /** @type {[number, string, any][]} */
  const misfits = [
    [SET, "", 1],
    [SET, "", "text"],
    [SET, "", null],
    [ADD, "", {}],
    [INSERT, "", {}],
    [REMOVE, "", undefined],
    [SET, "/nope", 1],
    [SET, "/l/2", 1],
    [SET, "/l/-", 1],
    [SET, "/l/01", 1],
    [SET, "/l/length", 0],
    [SET, "/toString", 1],
    [SET, "/s/0", 1],
    [SET, "/nope/x", 1],
    [ADD, "/o", 1],
    [ADD, "/none", 1],
    [ADD, "/l/0", 1],
    [ADD, "/l/2", 1],
    [ADD, "/l/x", 1],
    [ADD, "/s/x", 1],
    [ADD, "/none/x", 1],
    [ADD, "/__proto__", {}],
    [SET, "/__proto__", {}],
    [ADD, "/__proto__/x", 1],
    [ADD, "/constructor/x", 1],
    [INSERT, "/l/3", 1],
    [INSERT, "/l/-", 1],
    [INSERT, "/l/00", 1],
    [INSERT, "/o/0", 1],
    [INSERT, "/s/0", 1],
    [REMOVE, "/nope", undefined],
    [REMOVE, "/l/2", undefined],
    [REMOVE, "/l/length", undefined],
    [REMOVE, "/toString", undefined],
  ];
  for (const [kind, pointer, value] of misfits) {
    test(`edit ${kind} does not fit ${JSON.stringify(pointer)}, and nothing changes`, () => {
      const root = { l: [1, 2], o: { k: 1 }, s: "text", none: null };
      const host = tree(root);
      assert.equal(edit(host, kind, pointer, value), undefined);
      assert.equal(rootOf(host), root);
      assert.deepEqual(root, { l: [1, 2], o: { k: 1 }, s: "text", none: null });
      assert.equal(/** @type {any} */ ({}).x, undefined);
    });
  }

  test("a member named __proto__ that is there is not written either", () => {
    const root = json('{"__proto__":{"a":1}}');
    const host = tree(root);
    for (const kind of [SET, ADD, REMOVE]) {
      assert.equal(edit(host, kind, "/__proto__", {}), undefined);
    }
    assert.equal(rootOf(host), root);
  });

  test("P21: key order is kept: a copy keeps it, a removal too, and a new member comes last", () => {
    const host = tree({ z: 1, a: 2, m: 3, b: 4 });
    edit(host, SET, "/a", 5);
    edit(host, REMOVE, "/m", undefined);
    edit(host, ADD, "/c", 6);
    assert.equal(JSON.stringify(share(host)), '{"z":1,"a":5,"b":4,"c":6}');
  });
});

describe("identity", () => {
  test("B2: containers off the path are the same objects", () => {
    const root = board();
    const host = tree(root);
    edit(host, SET, "/todos/0/done", true);
    const next = share(host);
    assert.notEqual(next, root);
    assert.notEqual(next.todos, root.todos);
    assert.notEqual(next.todos[0], root.todos[0]);
    assert.equal(next.todos[1], root.todos[1]);
    assert.equal(next["a/b"], root["a/b"]);
  });

  test("B5: a thousand edits between two hand-outs copy a list of 10 000 once", () => {
    const host = tree({ list: Array.from({ length: 10000 }, (_, id) => ({ id, done: false })) });
    const burst = () => {
      for (let i = 0; i < 1000; i++) {
        edit(host, SET, `/list/${i * 7}/done`, true);
        edit(host, INSERT, "/list/5", { id: -i });
        edit(host, REMOVE, "/list/5", undefined);
      }
      return share(host);
    };
    assert.equal(copiesOfLists(burst), 1);
    assert.equal(copiesOfLists(burst), 1);
  });

  test("B1: what was handed out never changes", () => {
    const host = tree(board());
    edit(host, SET, "/todos/0/done", true);
    const first = share(host);
    edit(host, SET, "/todos/0/done", false);
    edit(host, REMOVE, "/todos/1", undefined);
    assert.equal(first.todos[0].done, true);
    assert.equal(first.todos.length, 2);
  });

  test("B2: a tree keeps what an older one has alike", () => {
    const older = tree(board());
    edit(older, SET, "/todos/0/done", true);
    edit(older, SET, "/a~1b/~0", 5);
    const before = share(older);
    const newer = tree(board());
    newer.root.none = before.none;
    edit(newer, INSERT, "/todos/0", { text: "first" });
    edit(newer, SET, "/todos/1/done", true);
    edit(newer, SET, "/a~1b/~0", 6);
    keep(newer, older);
    const after = share(newer);
    assert.equal(after.todos[1], before.todos[0]);
    assert.notEqual(after["a/b"], before["a/b"]);
    assert.deepEqual(after["a/b"], { "~": 6, "": 2 });
    assert.deepEqual(before["a/b"], { "~": 5, "": 2 });
  });

  test("B2: a tree that is alike becomes the older one, and no news", () => {
    const older = tree(board());
    const before = share(older);
    const newer = tree(before);
    edit(newer, SET, "/todos/0/done", true);
    edit(newer, SET, "/todos/0/done", false);
    keep(newer, older);
    assert.equal(share(newer), before);
    assert.equal(wasEdited(newer), false);
  });

  test("B1: what was handed out is not touched by keeping", () => {
    const older = tree({ a: { x: 1 }, b: { y: 1 } });
    edit(older, SET, "/a/x", 2);
    share(older);
    const newer = tree({ a: { x: 1 }, b: { y: 1 } });
    edit(newer, SET, "/a/x", 2);
    edit(newer, SET, "/b/y", 2);
    const handed = share(newer);
    const { a } = handed;
    keep(newer, older);
    assert.equal(handed.a, a);
    assert.equal(share(newer), handed);
  });

  test("a value is not changed by edits inside it, for an operation may keep it", () => {
    const host = tree({ list: [] });
    const literal = { tags: ["a"] };
    edit(host, INSERT, "/list/0", literal);
    edit(host, INSERT, "/list/0/tags/1", "b");
    assert.deepEqual(literal, { tags: ["a"] });
    assert.deepEqual(share(host), { list: [{ tags: ["a", "b"] }] });
  });

  test("a copied container is edited in one place only", () => {
    for (const inner of ["/c/x", "/x"]) {
      const host = tree({ a: { x: 1, c: { x: 1 } } });
      edit(host, SET, `/a${inner}`, 2);
      const value = get(rootOf(host), "/a");
      edit(host, ADD, "/b", value);
      const kept = structuredClone(value);
      edit(host, SET, `/b${inner}`, 3);
      assert.equal(get(rootOf(host), `/a${inner}`), 2);
      assert.equal(get(rootOf(host), `/b${inner}`), 3);
      edit(host, SET, `/a${inner}`, 4);
      assert.equal(get(rootOf(host), `/b${inner}`), 3);
      assert.deepEqual(value, kept);
    }
  });

  test("a removed container that comes back is not edited in place", () => {
    const host = tree({ a: { x: 1 } });
    edit(host, SET, "/a/x", 2);
    const removed = edit(host, REMOVE, "/a", undefined);
    edit(host, ADD, "/a", removed);
    edit(host, SET, "/a/x", 3);
    assert.deepEqual(removed, { x: 2 });
    const root = rootOf(host);
    edit(host, SET, "", [0]);
    edit(host, SET, "", root);
    edit(host, SET, "/a/x", 4);
    assert.deepEqual(root, { a: { x: 3 } });
  });

  test("B4: development freezes what is handed out, down to what is frozen", () => {
    const host = tree({ kept: { deep: [1] }, list: [] });
    assert.ok(!Object.isFrozen(share(host)));
    const first = share(host);
    freeze(first);
    assert.ok(Object.isFrozen(first.kept.deep));
    edit(host, INSERT, "/list/0", { tags: [{ a: 1 }] });
    edit(host, ADD, "/later", { b: [] });
    const next = share(host);
    freeze(next);
    for (const made of [next, next.list, next.list[0].tags[0], next.later.b]) {
      assert.ok(Object.isFrozen(made));
    }
    assert.equal(next.kept, first.kept);
    // What is below a frozen container is frozen already, and costs nothing.
    const below = { a: 1 };
    edit(host, ADD, "/below", Object.freeze([below]));
    freeze(share(host));
    assert.ok(!Object.isFrozen(below));
    assert.throws(() => next.list.push(1), TypeError);
  });
});

/** How often a run copies a list of some length. @param {() => void} run */
function copiesOfLists(run) {
  const { slice: copy } = Array.prototype;
  let count = 0;
  Array.prototype.slice = function (/** @type {any} */ start, /** @type {any} */ end) {
    if (this.length > 5000) count++;
    return copy.call(this, start, end);
  };
  try {
    run();
  } finally {
    Array.prototype.slice = copy;
  }
  return count;
}

describe("random edits", () => {
  for (let seed = 1; seed <= 8; seed++) {
    test(`seed ${seed}: as on a deep copy, and no snapshot or literal changes`, () => {
      const random = chance(seed);
      for (let round = 0; round < 60; round++) session(random);
    });
  }
});

/** A copy in which nothing stands twice. @param {any} value */
const plain = (value) => JSON.parse(JSON.stringify(value));

/** Edits a tree and a deep copy alike. @param {(below: number) => number} random */
function session(random) {
  /** @type {any} */
  const model = { a: [{ n: 1 }, [2]], b: { c: { n: 3 } } };
  const host = tree(plain(model));
  /** @type {[any, string][]} what was given away or put in, and how it looked then */
  const seen = [];
  /** @param {any} value */
  const keep = (value) => seen.push([value, JSON.stringify(value)]);
  for (let step = 0; step < 40; step++) {
    if (random(6) === 0) keep(share(host));
    const places = placesOf(model);
    const [pointer, parent, key] = places[random(places.length)];
    // Half of the values are containers that stand in the document already.
    const taken = random(2) ? get(rootOf(host), places[random(places.length)][0]) : undefined;
    const value = taken ?? [random(9), { n: random(9) }, [{ n: random(9) }]][random(3)];
    if (JSON.stringify(value).length > 400) continue;
    const kind = random(4);
    const list = Array.isArray(parent);
    const there = list ? key < parent.length : Object.hasOwn(parent, key);
    const fits = kind === INSERT ? list : kind === ADD ? !list && !there : there;
    const before = there ? plain(parent[key]) : undefined;
    if (fits && kind !== REMOVE) keep(value);
    const answer = edit(host, kind, pointer, value);
    assert.deepEqual(answer, !fits ? undefined : kind === ADD || kind === INSERT ? true : before);
    if (fits && (kind === REMOVE || kind === SET)) keep(answer);
    if (fits) {
      const copy = plain(value);
      if (kind === INSERT) parent.splice(key, 0, copy);
      else if (kind !== REMOVE) parent[key] = copy;
      else if (list) parent.splice(key, 1);
      else delete parent[key];
    }
    assert.equal(JSON.stringify(rootOf(host)), JSON.stringify(model));
  }
  for (const [value, then] of seen) assert.equal(JSON.stringify(value), then);
}

/**
 * Every slot of a document, and a vacant one in every container.
 * @param {any} container
 * @param {string} [prefix]
 * @returns {[string, any, any][]}
 */
function placesOf(container, prefix = "") {
  /** @type {any[]} */
  const keys = Array.isArray(container)
    ? [...container.keys(), container.length]
    : [...Object.keys(container), "new"];
  return keys.flatMap((key) => {
    const pointer = `${prefix}/${key}`;
    const value = container[key];
    const inner = typeof value === "object" && value !== null ? placesOf(value, pointer) : [];
    return /** @type {[string, any, any][]} */ ([[pointer, container, key], ...inner]);
  });
}

/** Numbers below a bound from a seed. @param {number} seed @returns {(below: number) => number} */
function chance(seed) {
  let state = seed * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

describe("equality", () => {
  /** @type {[any, any, boolean][]} */
  const rows = [
    [1, 1, true],
    [0, -0, true],
    [1, "1", false],
    [null, null, true],
    [null, {}, false],
    [null, 0, false],
    ["a", "b", false],
    [[], {}, false],
    [[], [], true],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [{ constructor: 1 }, { a: 1 }, false],
    [{ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }, false],
    [json('{"toString":1}'), json('{"a":1}'), false],
    [json('{"__proto__":{}}'), json('{"a":{}}'), false],
    [nested(10000), nested(10000), true],
    [nested(10000), nested(9999), false],
  ];
  for (const [index, [a, b, same]] of rows.entries()) {
    test(`row ${index}: ${same ? "equal" : "different"}, both ways`, () => {
      assert.equal(equals(a, b), same);
      assert.equal(equals(b, a), same);
    });
  }
});

describe("text", () => {
  const face = "a\u{1F600}b";
  /** @type {[any, number, number, any, string | undefined][]} text, pos, del, insert, result */
  const rows = [
    ["abc", 0, 0, "x", "xabc"],
    ["abc", 3, 0, "x", "abcx"],
    ["abc", 1, 1, "", "ac"],
    ["abc", 0, 3, "xy", "xy"],
    ["", 0, 0, "", ""],
    ["abc", 4, 0, "x", undefined],
    ["abc", 2, 2, "x", undefined],
    ["abc", -1, 0, "x", undefined],
    ["abc", 2, -1, "x", undefined],
    ["abc", 1, NaN, "x", undefined],
    [face, 1, 2, "", "ab"],
    [face, 2, 0, "x", undefined],
    [face, 1, 1, "x", undefined],
    [face, 2, 1, "x", undefined],
    [["a"], 0, 0, "x", undefined],
    [null, 0, 0, "x", undefined],
    [undefined, 0, 0, "x", undefined],
    ["abc", 0, 0, 1, undefined],
  ];
  for (const [text, pos, del, insert, result] of rows) {
    test(`splice(${JSON.stringify(text)}, ${pos}, ${del}) gives ${JSON.stringify(result)}`, () => {
      assert.equal(splice(text, pos, del, insert), result);
      if (typeof insert !== "string") return;
      const part = result === undefined ? undefined : text.slice(pos, pos + del);
      assert.equal(slice(text, pos, del), part);
    });
  }
});

describe("questions about a value", () => {
  test("kinds, lengths and counts", () => {
    const values = [null, true, 0, "", [], {}];
    assert.deepEqual(values.map(kindOf), [0, 1, 2, 3, 4, 5]);
    const long = [null, true, 5, "\u{1F600}", [1, 2, 3], { length: 9 }];
    assert.deepEqual(long.map(len), [0, 0, 0, 2, 3, 0]);
    assert.deepEqual(long.map(nodes), [1, 1, 1, 1, 4, 2]);
    assert.equal(nodes(board()), 13);
    assert.equal(nodes(nested(10000)), 10000);
  });

  test("bytes are never too few, and exact for what is long", () => {
    const numbers = [0, -0.0000012345678901234567, -1.2345678901234567e-308, 2 ** 69, 1e21];
    const texts = ["", "a", "é", "漢", "\u{1F600}", '"\\\n\u0001', "é".repeat(30000)];
    for (const value of [...numbers, ...texts, null, false, board(), texts]) {
      const bytes = Buffer.byteLength(JSON.stringify(value));
      assert.ok(jsonBytes(value) >= bytes, `${value} has ${bytes}, not ${jsonBytes(value)}`);
    }
    for (const text of texts)
      assert.equal(jsonBytes(text), Buffer.byteLength(JSON.stringify(text)), text.slice(0, 9));
    assert.equal(jsonBytes("é".repeat(30000)), 60002);
    assert.equal(jsonBytes(["漢".repeat(10000)]), 30004);
  });

  test("W25: a small value is counted as a room counts it", () => {
    // `tests/rules_shown.rs` holds the room to the same.
    const rows = /** @type {[any, number][]} */ ([
      [7, 25],
      [true, 5],
      [null, 5],
      ['"\\\b\t\n\f\r\u0001\u007fé漢\u{1f600}', 2 + 14 + 6 + 1 + 9],
      [[], 2],
      [{}, 2],
      [[7, [null]], 2 + 26 + 9],
      [{ "é\n": 7, b: { c: "" } }, 2 + 6 + 27 + 3 + 2 + 9],
    ]);
    for (const [value, bytes] of rows) assert.equal(jsonBytes(value), bytes, JSON.stringify(value));
  });

  /** @type {[string, any, number, number][]} what, value, depth, code */
  const rows = [
    ["plain JSON", board(), 0, 0],
    ["null", null, 64, 0],
    ["a number at the border", 1, 64, 0],
    ["Infinity", json("1e999"), 0, 1],
    ["NaN in a list", [NaN], 0, 1],
    ["undefined", undefined, 0, 1],
    ["a function", () => 1, 0, 1],
    ["a BigInt", 1n, 0, 1],
    ["a pair", "\u{1F600}", 0, 0],
    ["a lone surrogate", "a\ud800", 0, 2],
    ["a lone surrogate in a key", { "\udc00": 1 }, 0, 2],
    ["a lone surrogate deep inside", { a: [{ b: "\ud83d" }] }, 0, 2],
    ["__proto__", json('{"a":[{"__proto__":1}]}'), 0, 3],
    ["constructor", { constructor: 1, prototype: 2 }, 0, 0],
    ["64 containers", nested(64), 0, 0],
    ["65 containers", nested(65), 0, 4],
    ["2 below 62", nested(2), 62, 0],
    ["2 below 63", nested(2), 63, 4],
    ["a container below 64", {}, 64, 4],
    ["10 000 containers", nested(10000), 0, 4],
    ["a key of 1 024", { ["k".repeat(1024)]: 1 }, 0, 0],
    ["a key of 1 025", { ["k".repeat(1025)]: 1 }, 0, 5],
    ["a string at its limit", "s".repeat(524288), 0, 0],
    ["a string over it", ["s".repeat(524289)], 0, 6],
  ];
  for (const [what, value, depth, code] of rows) {
    test(`${what} at depth ${depth} is ${code}`, () => {
      assert.equal(check(value, depth), code);
    });
  }

  test("P24: lone surrogates are seen by engines without isWellFormed too", () => {
    const prototype = /** @type {any} */ (String.prototype);
    const { isWellFormed } = prototype;
    prototype.isWellFormed = undefined;
    try {
      assert.deepEqual(
        ["ok \u{1F600}", "\ud800", "\udc00\ud800", "a\udfffb"].map((text) => check(text, 0)),
        [0, 2, 2, 2],
      );
    } finally {
      prototype.isWellFormed = isWellFormed;
    }
  });
});
