// @ts-check
// Puts the functions of a module, as text, into an order in which each is like those before it: a
// compressor refers to what is near in fewer bits.
// Called by `cargo xtask pkg` as `node order.mjs <module.wat>`, which it rewrites.

import { readFileSync, writeFileSync } from "node:fs";

/** So many neighbouring words of the text are compared as one. */
const WORDS = 4;
/** What a function counts for the one after the next, of what it counts for the next. */
const DECAY = 0.8;

const [file] = process.argv.slice(2);
if (!file) throw new Error("usage: node order.mjs <module.wat>");
const parts = readFileSync(file, "utf8").split(/^(?= \(func \$)/m);
// Behind the last function stands the end of the module.
const end = 1 + (parts.at(-1)?.lastIndexOf("\n)") ?? -1);
if (parts.length < 3 || !end) throw new Error(`${file} is not as wasm-opt writes it`);
const functions = parts.slice(1);
const tail = functions[functions.length - 1].slice(end);
functions.push((functions.pop() ?? "").slice(0, end));
writeFileSync(file, [parts[0], ...ordered(functions), tail].join(""));

/** @param {string[]} functions */
function ordered(functions) {
  const runs = functions.map(runsOf);
  /** Where each run of words is. @type {Map<string, number[]>} */
  const places = new Map();
  runs.forEach((set, at) =>
    set.forEach((run) => {
      const known = places.get(run);
      if (known) known.push(at);
      else places.set(run, [at]);
    }),
  );
  const likeness = functions.map(() => 0);
  const left = new Set(functions.keys());
  const order = [];
  for (let next = 0; left.size > 0; next = likest(left, likeness)) {
    left.delete(next);
    order.push(functions[next]);
    for (const at of left) likeness[at] *= DECAY;
    for (const run of runs[next]) {
      // What nearly all have says little.
      const among = places.get(run) ?? [];
      for (const at of among) likeness[at] += 1 / Math.sqrt(among.length) / (runs[at].size + 5);
    }
  }
  return order;
}

/** The runs of words of a function. @param {string} text */
function runsOf(text) {
  const words = text.match(/\$"[^"]*"|[^\s()]+/g) ?? [];
  return new Set(words.slice(WORDS - 1).map((_, at) => words.slice(at, at + WORDS).join(" ")));
}

/** @param {Set<number>} left @param {number[]} likeness */
function likest(left, likeness) {
  let best = -1;
  for (const at of left) if (best < 0 || likeness[at] > likeness[best]) best = at;
  return best;
}
