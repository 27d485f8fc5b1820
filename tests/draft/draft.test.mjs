// @ts-check
// The draft: which operations a recipe leaves, what it refuses, and that operations and root agree.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isProxy } from "node:util/types";
import { clean } from "../../src/web/check.js";
import { record } from "../../src/web/draft.js";

/** @param {any} root @param {any[]} path */
const at = (root, path) => path.reduce((value, key) => value[key], root);

/**
 * RFC 6902 with typed paths, on a copy; throws where an operation does not fit.
 * @param {any} root
 * @param {any[]} ops
 */
function apply(root, ops) {
  let doc = structuredClone(root);
  /** @param {any[]} path @param {any} value */
  const add = (path, value) => {
    const parent = at(doc, path.slice(0, -1));
    const key = path[path.length - 1];
    assert.equal(typeof key, Array.isArray(parent) ? "number" : "string", "typed path");
    if (!Array.isArray(parent)) return void (parent[key] = value);
    assert.ok(key <= parent.length, `add at ${path} of ${parent.length}`);
    parent.splice(key, 0, value);
  };
  /** @param {any[]} path */
  const remove = (path) => {
    const parent = at(doc, path.slice(0, -1));
    const key = path[path.length - 1];
    assert.ok(Object.hasOwn(parent, key), `nothing at ${path}`);
    assert.equal(typeof key, Array.isArray(parent) ? "number" : "string", "typed path");
    const old = parent[key];
    if (Array.isArray(parent)) parent.splice(key, 1);
    else delete parent[key];
    return old;
  };
  for (const { op, path, from, value, over } of ops) {
    const parent = path.length && op !== "move" ? at(doc, path.slice(0, -1)) : undefined;
    const key = path[path.length - 1];
    if (op === "move") {
      const below =
        path.length > from.length &&
        from.every((/** @type {any} */ k, /** @type {number} */ i) => k === path[i]);
      assert.ok(!below, `move from ${from} below itself to ${path}`);
      const moved = remove(from);
      const target = at(doc, path.slice(0, -1));
      assert.equal(!Array.isArray(target) && Object.hasOwn(target, key), over === true, "over");
      add(path, moved);
    } else if (op === "remove") remove(path);
    else if (op === "add") {
      if (!Array.isArray(parent)) assert.ok(!Object.hasOwn(parent, key), `add over ${path}`);
      add(path, structuredClone(value));
    } else if (!path.length) doc = structuredClone(value);
    else {
      assert.ok(Object.hasOwn(parent, key), `nothing to replace at ${path}`);
      parent[key] = structuredClone(value);
    }
  }
  return doc;
}

/** @param {any} value @param {Set<any>} seen */
function checkTree(value, seen) {
  if (typeof value !== "object" || value === null) return;
  assert.ok(!isProxy(value), "a draft stands in the result");
  assert.ok(!seen.has(value), "one object stands twice: " + JSON.stringify(value));
  seen.add(value);
  Object.values(value).forEach((member) => checkTree(member, seen));
}

/** @param {any} value @returns {any} */
function freeze(value) {
  if (typeof value === "object" && value !== null)
    Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/**
 * Runs a recipe and checks everything that holds of every run.
 * @param {any} root
 * @param {(draft: any) => unknown} recipe
 */
function run(root, recipe, max = 1000) {
  freeze(root);
  const before = JSON.stringify(root);
  const result = record(root, recipe, max);
  assert.equal(JSON.stringify(root), before, "the old root has changed");
  if (!result) return { root, ops: [] };
  checkTree(result.root, new Set());
  assert.deepEqual(apply(root, result.ops), result.root);
  for (const { op, path, value } of result.ops) {
    if (op === "replace" && !path.length) assert.equal(value, result.root);
  }
  return result;
}

/** @param {any[]} ops */
const short = (ops) =>
  ops.map(({ op, path, from, value, over }) => {
    const text = (/** @type {any[]} */ keys) => keys.map((key) => "/" + key).join("");
    const tail = from
      ? ` ${text(path)}${over ? " over" : ""}`
      : value === undefined
        ? ""
        : ` ${JSON.stringify(value)}`;
    return `${op} ${text(from ?? path)}${tail}`;
  });

const list = (/** @type {string} */ names) => [...names].map((id) => ({ id }));

/** @type {[string, any, (d: any) => unknown, string[]][]} */
const TABLE = [
  [
    "a member set",
    { a: 1 },
    (d) => {
      d.a = 2;
    },
    ["replace /a 2"],
  ],
  [
    "a member added",
    {},
    (d) => {
      d.a = 2;
    },
    ["add /a 2"],
  ],
  [
    "the same primitive",
    { a: 1 },
    (d) => {
      d.a = 1;
    },
    [],
  ],
  [
    "set and set back",
    { a: 1 },
    (d) => {
      d.a = 2;
      d.a = 1;
    },
    [],
  ],
  [
    "a member deleted",
    { a: 1 },
    (d) => {
      delete d.a;
    },
    ["remove /a"],
  ],
  [
    "a member set to undefined",
    { a: 1 },
    (d) => {
      d.a = undefined;
    },
    ["remove /a"],
  ],
  [
    "a nested member",
    { l: list("ab") },
    (d) => {
      d.l[1].id = "x";
    },
    ['replace /l/1/id "x"'],
  ],
  [
    "a push",
    { l: list("ab") },
    (d) => {
      d.l.push({ id: "x" });
    },
    ['add /l/2 {"id":"x"}'],
  ],
  [
    "an unshift",
    { l: list("ab") },
    (d) => {
      d.l.unshift({ id: "x" });
    },
    ['add /l/0 {"id":"x"}'],
  ],
  [
    "a splice",
    { l: list("abc") },
    (d) => {
      d.l.splice(1, 1);
    },
    ["remove /l/1"],
  ],
  [
    "pop and shift",
    { l: list("abc") },
    (d) => {
      d.l.pop();
      d.l.shift();
    },
    ["remove /l/2", "remove /l/0"],
  ],
  [
    "a shorter length",
    { l: list("abc") },
    (d) => {
      d.l.length = 1;
    },
    ["remove /l/2", "remove /l/1"],
  ],
  [
    "an element replaced",
    { l: list("ab") },
    (d) => {
      d.l[0] = { id: "x" };
    },
    ['replace /l/0 {"id":"x"}'],
  ],
  [
    "a number of a list",
    { l: [1, 2, 3] },
    (d) => {
      d.l[1] = 5;
    },
    ["replace /l/1 5"],
  ],
  [
    "a swap of neighbours",
    { l: list("abc") },
    (d) => {
      [d.l[0], d.l[1]] = [d.l[1], d.l[0]];
    },
    ["move /l/1 /l/0"],
  ],
  [
    "a filter",
    { l: list("abcd") },
    (d) => {
      d.l = d.l.filter((/** @type {any} */ i) => i.id > "b");
    },
    ["remove /l/1", "remove /l/0"],
  ],
  [
    "a filter that leaves nothing",
    { l: list("ab") },
    (d) => {
      d.l = d.l.filter(() => false);
    },
    ["remove /l/1", "remove /l/0"],
  ],
  [
    "an empty array assigned",
    { l: list("ab") },
    (d) => {
      d.l = [];
    },
    ["replace /l []"],
  ],
  [
    "numbers sorted",
    { l: [3, 1, 2] },
    (d) => {
      d.l.sort();
    },
    ["move /l/0 /l/2"],
  ],
  [
    "a reverse",
    { l: list("abc") },
    (d) => {
      d.l.reverse();
    },
    ["move /l/2 /l/0", "move /l/2 /l/1"],
  ],
  [
    "moved to another list",
    { a: list("ab"), b: list("c") },
    (d) => {
      d.b.push(d.a.shift());
    },
    ["move /a/0 /b/1"],
  ],
  [
    "moved, inserted first",
    { a: list("ab"), b: list("c") },
    (d) => {
      d.b.push(d.a[0]);
      d.a.splice(0, 1);
    },
    ["move /a/0 /b/1"],
  ],
  [
    "moved and edited",
    { a: list("ab"), b: [] },
    (d) => {
      const i = d.a.shift();
      d.b.push(i);
      i.done = true;
    },
    ["move /a/0 /b/0", "add /b/0/done true"],
  ],
  [
    "moved out of what is deleted",
    { a: { x: { y: 1 } }, l: [] },
    (d) => {
      d.l.push(d.a.x);
      delete d.a;
    },
    ["move /a/x /l/0", "remove /a"],
  ],
  [
    "renamed",
    { a: { x: 1 } },
    (d) => {
      d.b = d.a;
      delete d.a;
    },
    ["move /a /b"],
  ],
  [
    "moved over",
    { a: { x: 1 }, b: {} },
    (d) => {
      d.b = d.a;
      delete d.a;
    },
    ["move /a /b over"],
  ],
  [
    "a chain of renames",
    { a: {}, b: { b: 1 }, c: { c: 1 } },
    (d) => {
      d.a = d.b;
      d.b = d.c;
      delete d.c;
    },
    ["move /b /a over", "move /c /b"],
  ],
  [
    "members swapped",
    { a: { n: 1 }, b: { n: 2 } },
    (d) => {
      [d.a, d.b] = [d.b, d.a];
    },
    ["move /a /b over", 'add /a {"n":2}'],
  ],
  [
    "a copy",
    { l: list("a") },
    (d) => {
      d.l.push(d.l[0]);
    },
    ['add /l/1 {"id":"a"}'],
  ],
  [
    "a copy elsewhere",
    { l: list("a") },
    (d) => {
      d.x = d.l[0];
    },
    ['add /x {"id":"a"}'],
  ],
  [
    "a draft in a literal",
    { l: list("a") },
    (d) => {
      d.x = { y: d.l[0] };
    },
    ['add /x {"y":{"id":"a"}}'],
  ],
  [
    "below a sibling",
    { l: [{ id: "a" }, { l: [] }] },
    (d) => {
      const i = d.l.shift();
      d.l[0].l.push(i);
    },
    ["move /l/0 /l/1", "move /l/1 /l/0/l/0"],
  ],
  [
    "below its own path",
    [{ id: "a" }, []],
    (d) => {
      const i = d.shift();
      d[0].push(i);
    },
    ["move /0 /1", "move /1 /0/0"],
  ],
  [
    "a returned state",
    { a: 1, b: { c: 1 }, e: 1 },
    (d) => ({ a: 2, b: d.b }),
    ["remove /e", "replace /a 2"],
  ],
  [
    "a returned list",
    list("abc"),
    (d) => [d[2], d[0], { id: "x" }],
    ["move /2 /0", 'replace /2 {"id":"x"}'],
  ],
  ["another kind of root", [1], () => ({ a: 1 }), ['replace  {"a":1}']],
  ["a root with odd members", [1], () => ({ proxy: 1 }), ['replace  {"proxy":1}']],
  [
    "a literal edited after",
    { l: [] },
    (d) => {
      d.l.push({ t: [] });
      d.l[0].t.push(1);
    },
    ['add /l/0 {"t":[1]}'],
  ],
  [
    "odd keys",
    { "": { "a/b": { "~": 1, 7: [0] } } },
    (d) => {
      d[""]["a/b"]["~"] = 2;
      d[""]["a/b"][7].push(1);
    },
    ["add //a/b/7/1 1", "replace //a/b/~ 2"],
  ],
  [
    "B11: native methods called from outside",
    { l: list("abcd") },
    (d) => {
      Array.prototype.splice.call(d.l, 1, 1);
      Array.prototype.pop.call(d.l);
    },
    ["remove /l/3", "remove /l/1"],
  ],
  [
    "B12: a child put in its parent's place",
    { a: { c: { n: 1 } } },
    (d) => {
      d.a = d.a.c;
    },
    ['replace /a {"n":1}'],
  ],
  [
    "B12: one thing over another that something leaves",
    { a: { x: {} }, b: {}, l: [] },
    (d) => {
      d.l.push(d.a.x);
      d.a = d.b;
      delete d.b;
    },
    ["move /a/x /l/0", "replace /a {}", "remove /b"],
  ],
  [
    "B12: parent and child out of what leaves",
    { g: { p: { x: { n: 1 } } } },
    (d) => {
      d.a = d.g.p.x;
      d.q = d.g.p;
      delete d.g;
    },
    ["move /g/p /q", 'add /a {"n":1}', "remove /g"],
  ],
  [
    "B12: all of a list that leaves, and one thing over another",
    { l: [], a: list("xy"), o: { m: {}, k: { n: 1 } } },
    (d) => {
      d.l.push(...d.a);
      delete d.a;
      d.o.m = d.o.k;
      delete d.o.k;
    },
    ["move /a/0 /l/0", "move /a/0 /l/1", "remove /a", 'replace /o/m {"n":1}', "remove /o/k"],
  ],
  [
    "B17: a literal that fills a list",
    { l: [1, 2] },
    (d) => {
      d.l.fill({ t: [] });
      d.l[0].t.push(1);
    },
    ['replace /l/0 {"t":[1]}', 'replace /l/1 {"t":[1]}'],
  ],
  [
    "B7: a defined property",
    {},
    (d) => {
      Object.defineProperty(d, "a", { value: 1 });
    },
    ["add /a 1"],
  ],
  [
    "B11: numbers raised in their places",
    { l: [1, 2, 3, 4] },
    (d) => {
      d.l.forEach((/** @type {number} */ _, /** @type {number} */ i) => d.l[i]++);
    },
    ["replace /l/0 2", "replace /l/1 3", "replace /l/2 4", "replace /l/3 5"],
  ],
  [
    "B11: a ring of numbers",
    { l: [1, 2, 3] },
    (d) => {
      d.l.shift();
      d.l.push(4);
    },
    ["add /l/3 4", "remove /l/0"],
  ],
  [
    "B11: one put for two",
    { l: list("abc") },
    (d) => {
      d.l.splice(0, 2, { id: "x" });
    },
    ['replace /l/0 {"id":"x"}', "remove /l/1"],
  ],
  [
    "B12: two lists divided anew",
    { a: list("abc"), b: [] },
    (d) => {
      d.b = d.a.filter((/** @type {any} */ i) => i.id > "b");
      d.a = d.a.filter((/** @type {any} */ i) => i.id <= "b");
    },
    ["move /a/2 /b/0"],
  ],
  [
    "B12: a list put away and begun anew",
    { l: list("a") },
    (d) => {
      d.old = d.l;
      d.l = [];
    },
    ["move /l /old", "add /l []"],
  ],
  [
    "B12: one that leaves what leaves",
    { a: { b: { c: list("xy") } }, l: list("a") },
    (d) => {
      d.l.unshift(d.a.b.c[1], d.a.b.c[0]);
      delete d.a;
    },
    ["move /a/b/c/1 /l/0", "move /a/b/c/0 /l/1", "remove /a"],
  ],
];

for (const [name, root, recipe, ops] of TABLE) {
  test(`${name} is ${ops.length ? ops.join(", ") : "nothing"}`, () => {
    assert.deepEqual(short(run(root, recipe).ops), ops);
  });
}

// ---------------------------------------------------------------------------- random recipes

/** Small numbers from a seed (mulberry32). @param {number} seed */
function chance(seed) {
  return (/** @type {number} */ below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** @param {(below: number) => number} pick @param {number} depth @returns {any} */
function randomValue(pick, depth) {
  const kind = depth > 3 ? pick(3) : pick(7);
  if (kind < 2) return pick(4);
  if (kind === 2) return "abc"[pick(3)];
  if (kind < 5) return Array.from({ length: pick(6) }, () => randomValue(pick, depth + 1));
  return Object.fromEntries(
    Array.from({ length: pick(5) }, () => ["abcdef"[pick(6)], randomValue(pick, depth + 1)]),
  );
}

/** All containers below a draft. @param {any} draft @param {any[]} found @param {number} depth */
function containers(draft, found = [], depth = 0) {
  if (typeof draft !== "object" || draft === null || depth > 12 || found.length > 60) return found;
  found.push(draft);
  for (const key of Object.keys(draft)) containers(draft[key], found, depth + 1);
  return found;
}

/** @param {any} draft @param {(below: number) => number} pick @param {any[]} bag drafts met before */
function randomStep(draft, pick, bag) {
  const all = containers(draft);
  const one = all[pick(all.length)];
  const any = () => {
    const kind = pick(6);
    if (kind < 2) return randomValue(pick, 2);
    if (kind === 2 && bag.length) return bag[pick(bag.length)];
    if (kind === 3) return { x: all[pick(all.length)], y: 1 };
    return all[pick(all.length)];
  };
  if (!Array.isArray(one)) {
    const keys = Object.keys(one);
    const key = keys.length && pick(3) ? keys[pick(keys.length)] : "abcdef"[pick(6)];
    if (pick(2)) bag.push(one[key] ?? 0);
    if (pick(3) === 0) delete one[key];
    else if (pick(4) === 0 && Array.isArray(one[key])) {
      const how = pick(3);
      if (how === 0) one[key] = one[key].filter(() => pick(2));
      else if (how === 1) one[key] = [...one[key], any()];
      else one[key] = one[key].map((/** @type {any} */ item) => (pick(3) ? item : any()));
    } else one[key] = any();
    return;
  }
  const i = pick(one.length + 1);
  const steps = [
    () => one.push(any()),
    () => one.unshift(any(), any()),
    () => bag.push(one.pop() ?? 0),
    () => bag.push(one.shift() ?? 0),
    () => bag.push(...one.splice(i, pick(3), ...(pick(2) ? [any()] : []))),
    () => one.reverse(),
    () =>
      one.sort((/** @type {any} */ a, /** @type {any} */ b) =>
        JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
      ),
    () => one.copyWithin(i, pick(3), pick(5)),
    () => one.fill(any(), i, i + pick(3)),
    () => (one[i] = any()),
    () => (one.length = i),
    () => one.length > 1 && ([one[0], one[one.length - 1]] = [one[one.length - 1], one[0]]),
  ];
  steps[pick(steps.length)]();
}

/**
 * One random recipe. A refusal (a cycle, too deep) is a result too.
 * @param {number} seed
 * @param {number} max
 */
function randomRun(seed, max) {
  const pick = chance(seed);
  let root = randomValue(pick, 0);
  if (typeof root !== "object")
    root = { a: root, b: randomValue(pick, 1), c: randomValue(pick, 0) };
  let expected;
  try {
    const { root: after } = run(
      root,
      (draft) => {
        /** @type {any[]} */
        const bag = [];
        for (let n = 1 + pick(7); n > 0; n--) randomStep(draft, pick, bag);
        expected = JSON.parse(JSON.stringify(draft));
      },
      max,
    );
    assert.deepEqual(after, expected);
    return true;
  } catch (/** @type {any} */ error) {
    if (error.draftsync === 1 && /^(cycle|too-deep)$/.test(error.reason)) return false;
    if (error instanceof TypeError && /circular/.test(error.message)) return false;
    if (error.draftsync) throw new Error(`seed ${seed}: ${JSON.stringify(error)}`);
    error.message = `seed ${seed}, at most ${max} operations: ${error.message}`;
    throw error;
  }
}

test("operations of random recipes make exactly the new root", () => {
  const first = Number(process.env.DRAFT_SEED ?? 1);
  const runs = Number(process.env.DRAFT_RUNS ?? 6000);
  let taken = 0;
  for (let seed = first; seed < first + runs; seed++) {
    if (randomRun(seed, seed % 3 ? 1000 : seed % 5)) taken++;
  }
  assert.ok(taken > runs / 2, `${taken} of ${runs} recipes were taken`);
});

// -------------------------------------------------------------------------------- refusals

/** @param {() => unknown} action @returns {any} */
function thrown(action) {
  try {
    action();
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}

/** @param {number} levels @returns {any} */
const nested = (levels) => (levels ? { a: nested(levels - 1) } : 1);
const ring = /** @type {any} */ ({});
ring.ring = ring;
class Point {}

/** @type {[string, any, any][]} */
const REFUSED = [
  ["NaN", NaN, { reason: "not-json", kind: "NaN", path: "/m" }],
  ["Infinity", [1, { a: -Infinity }], { reason: "not-json", kind: "Infinity", path: "/m/1/a" }],
  ["a BigInt", 1n, { reason: "not-json", kind: "BigInt", path: "/m" }],
  ["a function", { f() {} }, { reason: "not-json", kind: "function", path: "/m/f" }],
  ["a symbol", Symbol("s"), { reason: "not-json", kind: "symbol", path: "/m" }],
  ["a symbol key", { [Symbol("s")]: 1 }, { reason: "not-json", kind: "symbol" }],
  ["undefined in an array", [undefined], { reason: "not-json", kind: "undefined", path: "/m/0" }],
  ["a Date", new Date(), { reason: "not-json", kind: "Date", path: "/m" }],
  ["a Map", { "a/b~": new Map() }, { reason: "not-json", kind: "Map", path: "/m/a~1b~0" }],
  ["a class instance", new Point(), { reason: "not-json", kind: "class instance", path: "/m" }],
  ["a subclass of Array", new (class extends Array {})(), { reason: "not-json", path: "/m" }],
  ["a property of an array", Object.assign([1], { x: 1 }), { reason: "not-json", path: "/m/x" }],
  ["a cycle", ring, { reason: "cycle", path: "/m/ring" }],
  ["a hole", [1, , 2], { reason: "sparse", path: "/m/1" }], // prettier-ignore
  ["a hole at the end", new Array(2), { reason: "sparse", path: "/m/0" }],
  [
    "a getter",
    Object.defineProperty({}, "x", { enumerable: true, get: () => assert.fail("called") }),
    { reason: "accessor", path: "/m/x" },
  ],
  ["a lone surrogate", "a\ud800", { reason: "lone-surrogate", path: "/m" }],
  ["a lone surrogate as a key", { "\udc00": 1 }, { reason: "lone-surrogate" }],
  [
    "the key __proto__",
    JSON.parse('{"__proto__":1}'),
    { reason: "proto-key", path: "/m/__proto__" },
  ],
  ["too deep a value", nested(64), { reason: "too-deep" }],
  ["too long a key", { ["k".repeat(1025)]: 1 }, { reason: "key-too-long" }],
  ["too long a text", "s".repeat(524289), { reason: "string-too-long", path: "/m" }],
];

for (const [name, value, expected] of REFUSED) {
  test(`${name} is refused`, () => {
    const root = freeze({ m: 0, l: [0] });
    const ways = [
      (/** @type {any} */ d) => {
        d.x = 1;
        d.m = value;
      },
      (/** @type {any} */ d) => ({ ...d, m: value }),
    ];
    for (const recipe of ways) {
      const error = thrown(() => record(root, recipe, 1000));
      assert.equal(error.draftsync, 1);
      assert.equal(error.code, "invalid-patch");
      for (const key of Object.keys(expected)) assert.equal(error[key], expected[key], key);
    }
    const error = thrown(() =>
      record(
        root,
        (d) => {
          d.l.push(1, value);
        },
        1000,
      ),
    );
    assert.equal(error.reason, expected.reason);
    assert.equal(thrown(() => clean(value, ["m"])).reason, expected.reason);
    assert.equal(JSON.stringify(root), '{"m":0,"l":[0]}');
  });
}

test("operations are written as RFC 6902 when their text is asked for", () => {
  /** @type {[recipe: (draft: any) => void, text: any[]][]} */
  const rows = [
    [(d) => (d["a/b~c"] = false), [{ op: "replace", path: "/a~1b~0c", value: false }]],
    [(d) => (d.l[1] = null), [{ op: "replace", path: "/l/1", value: null }]],
    [(d) => d.l.push(3), [{ op: "add", path: "/l/2", value: 3 }]],
    [(d) => delete d.l, [{ op: "remove", path: "/l" }]],
    [(d) => d.l.push(d.l.shift()), [{ op: "move", from: "/l/1", path: "/l/0" }]],
    [(d) => [d.l.shift()], [{ op: "remove", path: "/l/0" }]],
  ];
  for (const [recipe, text] of rows) {
    const root = { l: [{ n: 1 }, 2], "a/b~c": null };
    const result = record(root, (/** @type {any} */ d) => void recipe(d), 9);
    assert.deepEqual(result?.text(), text);
  }
});

test("what is at a limit is taken", () => {
  const { root } = run({}, (d) => {
    d.deep = nested(63);
    d["k".repeat(1024)] = "s".repeat(524288);
    d.zero = -0;
    d.bare = Object.assign(Object.create(null), { a: 1, gone: undefined });
    d.pair = "\u{1f600}";
  });
  assert.ok(Object.is(root.zero, 0));
  assert.deepEqual(root.bare, { a: 1 });
});

test("moving deeper than the limit is refused, also for what was not read", () => {
  const doc = { low: nested(40), high: nested(40) };
  const error = thrown(() =>
    record(
      doc,
      (d) => {
        let at = d.low;
        for (let i = 0; i < 30; i++) at = at.a;
        at.a = d.high;
        delete d.high;
      },
      1000,
    ),
  );
  assert.equal(error.reason, "too-deep");
});

test("a draft put into itself is refused", () => {
  const doc = { a: { b: {} } };
  assert.equal(
    thrown(() =>
      record(
        doc,
        (d) => {
          d.a.b.c = d.a;
        },
        9,
      ),
    ).reason,
    "cycle",
  );
  assert.equal(
    thrown(() =>
      record(
        doc,
        (d) => {
          d.d = d;
        },
        9,
      ),
    ).reason,
    "cycle",
  );
});

test("writing past the end, growing and deleting elements leave no holes", () => {
  const doc = freeze({ l: [1, 2] });
  const ways = [
    (/** @type {any} */ d) => {
      d.l[3] = 1;
    },
    (/** @type {any} */ d) => {
      d.l.length = 3;
    },
    (/** @type {any} */ d) => {
      delete d.l[0];
    },
  ];
  for (const way of ways) assert.equal(thrown(() => record(doc, way, 9)).reason, "sparse");
  assert.equal(
    thrown(() =>
      record(
        doc,
        (d) => {
          d.l.x = 1;
        },
        9,
      ),
    ).reason,
    "not-json",
  );
});

test("a recipe returns or edits, not both, and never later", async () => {
  const doc = freeze({ a: 1, l: [] });
  assert.equal(thrown(() => record(doc, (d) => (d.a = 2), 9)).reason, "mutate-and-return");
  assert.equal(thrown(() => record(doc, (d) => d.l.push(1), 9)).reason, "mutate-and-return");
  assert.equal(thrown(() => record(doc, () => null, 9)).reason, "root");
  assert.equal(
    record(doc, (d) => d, 9),
    undefined,
  );
  /** @type {Promise<void> | undefined} */
  let later;
  const error = thrown(() =>
    record(
      doc,
      (d) =>
        (later = (async () => {
          await null;
          d.a = 2;
        })()),
      9,
    ),
  );
  assert.equal(error.reason, "async-recipe");
  await assert.rejects(/** @type {any} */ (later), { reason: "dead-draft" });
  assert.equal(doc.a, 1);
});

test("a draft is dead after its recipe, also when that throws", () => {
  const doc = freeze({ a: { b: [1] } });
  const theirs = new Error("mine");
  for (const throwing of [false, true]) {
    /** @type {any[]} */
    let kept = [];
    const recorded = () =>
      record(
        doc,
        (d) => {
          kept = [d, d.a, d.a.b];
          d.a.b.push(2);
          if (throwing) throw theirs;
        },
        9,
      );
    if (throwing) assert.equal(thrown(recorded), theirs);
    else assert.equal(recorded()?.ops.length, 1);
    for (const draft of kept) {
      const uses = [
        () => draft.a,
        () => void (draft[0] = 1),
        () => Object.keys(draft),
        () => "a" in draft,
        () => delete draft.a,
      ];
      for (const use of uses) assert.equal(thrown(use).reason, "dead-draft");
      const give = (/** @type {any} */ d) => void (d.x = draft);
      assert.equal(thrown(() => record({}, give, 9)).reason, "dead-draft");
    }
  }
  assert.deepEqual(doc, { a: { b: [1] } });
});

test("what the app gives is neither kept nor changed", () => {
  const given = { tags: ["a"] };
  const { root, ops } = run({ l: [] }, (d) => {
    d.l.push(given, given);
    d.l[0].tags.push("b");
  });
  assert.deepEqual(given, { tags: ["a"] });
  assert.deepEqual(root.l, [{ tags: ["a", "b"] }, { tags: ["a"] }]);
  assert.equal(ops[0].value, root.l[0], "the value of an operation is the store's object");
});

test("drafts read as what they stand for", () => {
  run({ o: { a: 1 }, l: [1, { b: 2 }, 3] }, (d) => {
    assert.ok(Array.isArray(d.l) && "a" in d.o && !("b" in d.o));
    assert.equal(JSON.stringify(d), '{"o":{"a":1},"l":[1,{"b":2},3]}');
    assert.deepEqual({ ...d.o }, { a: 1 });
    assert.deepEqual([...d.l].length, 3);
    assert.equal(d.l[1], d.l[1]);
    assert.equal(d.l.indexOf(d.l[1]), 1);
    assert.equal(
      d.l.find((/** @type {any} */ i) => i.b === 2),
      d.l[1],
    );
    assert.deepEqual(Object.entries(d.o), [["a", 1]]);
    assert.deepEqual(Object.getOwnPropertyDescriptor(d.o, "a")?.value, 1);
    assert.equal(d.l.concat([4]).length, 4);
    assert.throws(() => Object.freeze(d.o), TypeError);
  });
});

test("a comparison that throws leaves the list as it was", () => {
  const { ops } = run({ l: [{ n: 2 }, { n: 1 }] }, (d) => {
    assert.throws(
      () =>
        d.l.sort(() => {
          throw new Error("mine");
        }),
      /mine/,
    );
    d.done = true;
  });
  assert.deepEqual(short(ops), ["add /done true"]);
});

test("what is not touched is shared with the old root", () => {
  const doc = { a: { b: {} }, l: [{ n: 1 }, { n: 2 }], x: {} };
  const { root } = run(doc, (d) => {
    d.l[0].n = 3;
    d.a.b.c = 1;
    delete d.a.b.c;
  });
  assert.equal(root.x, doc.x);
  assert.equal(root.a, doc.a);
  assert.equal(root.l[1], doc.l[1]);
});

test("more operations than allowed become one replace of the array concerned", () => {
  const doc = { l: Array.from({ length: 50 }, (_, id) => ({ id })), m: 1 };
  const many = run(
    doc,
    (d) => {
      d.l.reverse();
      d.l.forEach((/** @type {any} */ i) => {
        i.x = 1;
      });
    },
    10,
  );
  assert.deepEqual(
    many.ops.map(({ op, path }) => [op, path]),
    [["replace", ["l"]]],
  );
  assert.equal(many.ops[0].value, many.root.l);
  const both = run(
    doc,
    (d) => {
      d.l.reverse();
      d.m = 2;
    },
    10,
  );
  assert.deepEqual(
    both.ops.map(({ op, path }) => [op, path]),
    [
      ["replace", ["m"]],
      ["replace", ["l"]],
    ],
  );
});

test("more operations than allowed in many places become one replace of the root", () => {
  const doc = Object.fromEntries([..."abcdef"].map((key) => [key, { n: 1 }]));
  const { root, ops } = run(
    doc,
    (d) => {
      for (const key of "abcde") d[key].n++;
    },
    4,
  );
  assert.deepEqual(ops, [{ op: "replace", path: [], value: root }]);
  assert.equal(root.f, doc.f);
});

test("B11: what a snapshot holds is known when it comes back", () => {
  const doc = { l: [{ n: 1 }, { n: 2 }], o: {} };
  const { ops } = run(doc, () => ({ ...doc, l: doc.l.slice(1) }));
  assert.deepEqual(short(ops), ["remove /l/0"]);
});

test("an object that stands twice in the old root is edited in one place", () => {
  const twice = { n: 1 };
  const { root, ops } = record(
    freeze({ l: [twice, twice], m: twice }),
    (d) => {
      d.l[0].n = 2;
      d.l.reverse();
      d.l[0].n = 3;
    },
    9,
  ) ?? { root: {}, ops: [] };
  assert.deepEqual(root, { l: [{ n: 3 }, { n: 2 }], m: { n: 1 } });
  assert.deepEqual(apply({ l: [{ n: 1 }, { n: 1 }], m: { n: 1 } }, ops), root);
});

test("a sort is moves only, and one fewer than items at most", () => {
  const pick = chance(7);
  const doc = { l: Array.from({ length: 300 }, () => ({ n: pick(1000) })) };
  const { ops } = run(doc, (d) => {
    d.l.sort((/** @type {any} */ a, /** @type {any} */ b) => a.n - b.n);
  });
  assert.ok(ops.length > 0 && ops.length < 300 && ops.every(({ op }) => op === "move"));
});
