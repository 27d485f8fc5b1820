// @ts-check
// What is measured. In each case an author edits and a reader gets the frames: the same batch gives
// the time of the edit and the time of taking it in.

import { contenders } from "./contenders/index.mjs";
import { document, item, numbers } from "./document.mjs";
import { Expected } from "./expected.mjs";
import { arrived, welcome } from "./frames.mjs";

/**
 * @import { Doc, Item } from "./document.mjs"
 * @import { Contender, Replica } from "./contenders/replica.mjs"
 * @import { Runner, Sample } from "./rounds.mjs"
 *
 * @typedef {object} Edit a kind of edit, with an argument of type A
 * @property {number} cap
 * @property {(random: () => number, n: number) => any} draw
 * @property {(replica: Replica, arg: any) => void} act
 * @property {(state: Doc, arg: any) => unknown} read what an app would look at afterwards
 * @property {(expected: Expected, arg: any) => void} expect
 * @property {boolean} [grows] the batch is undone, so that the document keeps its size
 */

const BATCH_EDITS = 1000;

/** @type {Record<string, Edit>} */
const EDITS = {
  toggle: {
    cap: 4096,
    draw: (random, n) => Math.floor(random() * n),
    act: (replica, k) => replica.toggle(k),
    read: (state, k) => state.items[k].done,
    expect: (expected, k) => expected.toggle(k),
  },
  unshift: {
    cap: 50,
    draw: (random) => item(Math.floor(random() * 1e6)),
    act: (replica, one) => replica.unshift(one),
    read: (state) => state.items[0].done,
    expect: (expected, one) => expected.unshift(one),
    grows: true,
  },
  batch: {
    cap: 50,
    draw(random, n) {
      const from = Math.floor(random() * n);
      return Array.from(
        { length: BATCH_EDITS },
        (_, j) => ((from + j * (n / BATCH_EDITS)) % n) | 0,
      );
    },
    act: (replica, ks) => replica.toggleAll(ks),
    read: (state, ks) => state.items[ks[BATCH_EDITS - 1]].done,
    expect: (expected, ks) => ks.forEach((/** @type {number} */ k) => expected.toggle(k)),
  },
};

/** Keeps what was read, so that no compiler can leave the reading out. */
let sink = 0;
/** @param {unknown} value */
function keep(value) {
  sink ^= value ? 1 : 2;
}

/**
 * @param {string} name of a case
 * @param {number} n items
 * @param {readonly string[]} ids of contenders
 * @returns {Runner[]}
 */
export function runners(name, n, ids) {
  const right = document(n);
  const snapshot = JSON.stringify(right);
  const wanted = contenders.filter(({ id }) => ids.includes(id));
  if (name === "load") return wanted.map((contender) => loading(contender, right, snapshot));
  return wanted.map((contender) => new Pair(contender, right, snapshot, EDITS[name]));
}

/** @param {Contender} contender @param {Doc} right @param {string} snapshot @returns {Runner} */
function loading(contender, right, snapshot) {
  const expected = new Expected(right);
  const last = right.items.length - 1;
  return {
    id: contender.id,
    cap: 50,
    run(size) {
      const loads = Array.from({ length: size }, () => contender.connect());
      const frame = arrived(welcome(snapshot));
      const began = performance.now();
      const replicas = loads.map((load) => load(frame));
      for (const { state } of replicas) keep(state.items[last].done);
      const ms = performance.now() - began;
      expected.check(replicas[0].state, `${contender.id} has loaded`);
      for (const replica of replicas) replica.close?.();
      return { load: ms / size, bytes: frame.length };
    },
  };
}

/** An author and a reader of one kind. @implements {Runner} */
class Pair {
  #version = 1;
  #random = numbers(20261124);

  /** @param {Contender} contender @param {Doc} right @param {string} snapshot @param {Edit} edit */
  constructor(contender, right, snapshot, edit) {
    this.id = contender.id;
    this.n = right.items.length;
    this.contender = contender;
    this.edit = edit;
    this.cap = edit.cap;
    this.author = contender.connect()(welcome(snapshot));
    this.reader = contender.connect()(welcome(snapshot));
    this.expected = new Expected(right);
  }

  /** @param {number} size @returns {Sample} */
  run(size) {
    const { author, reader, edit, expected } = this;
    const args = Array.from({ length: size }, () => edit.draw(this.#random, this.n));
    const before = author.state;
    const theirs = reader.state;
    const old = JSON.stringify(before.items[0]) + before.items.length;
    author.sent.length = 0;

    const times = author.answer ? this.#pushes(args) : this.#writes(args);
    const frames = this.#relayed();
    const remote = this.#reads(frames, args);

    for (const arg of args) edit.expect(expected, arg);
    expected.check(author.state, `${this.id}, the author`);
    expected.check(reader.state, `${this.id}, the reader`);
    if (JSON.stringify(before.items[0]) + before.items.length !== old) {
      throw new Error(`${this.id}: a snapshot has changed`);
    }
    this.#checkIdentity(before, args);
    const bytes = author.sent.reduce((sum, text) => sum + text.length, 0) / size;
    if (edit.grows) this.#undo(before, theirs, size);
    return { ...times, remote: remote / size, bytes };
  }

  /** Edits by one that waits for nobody. @param {any[]} args @returns {Sample} */
  #writes(args) {
    const { author, edit } = this;
    const began = performance.now();
    for (const arg of args) {
      edit.act(author, arg);
      keep(edit.read(author.state, arg));
    }
    return { local: (performance.now() - began) / args.length };
  }

  /**
   * Edits by one that the room answers, after each: otherwise the next would only queue, and what
   * it costs to send would not be seen. The clock runs twice for each, for edit and answer.
   * @param {any[]} args
   * @returns {Sample}
   */
  #pushes(args) {
    const { author, edit } = this;
    let local = 0;
    let acks = 0;
    for (const [i, arg] of args.entries()) {
      const began = performance.now();
      edit.act(author, arg);
      keep(edit.read(author.state, arg));
      local += performance.now() - began;
      if (author.sent.length !== i + 1) throw new Error(`${this.id} has not sent its change`);
      const answer = /** @type {() => string} */ (author.answer)();
      const answered = performance.now();
      author.receive(answer);
      keep(edit.read(author.state, arg));
      acks += performance.now() - answered;
    }
    return { local: local / args.length, ack: acks / args.length };
  }

  /** @param {string[]} frames @param {any[]} args */
  #reads(frames, args) {
    const { reader, edit } = this;
    const began = performance.now();
    for (let i = 0; i < frames.length; i++) {
      reader.receive(frames[i]);
      keep(edit.read(reader.state, args[i]));
    }
    return performance.now() - began;
  }

  #relayed() {
    const { author, contender } = this;
    return author.sent.map((text) => arrived(contender.relay(text, ++this.#version)));
  }

  /** What nobody touched is the same object. @param {Doc} before @param {any[]} args */
  #checkIdentity(before, args) {
    const touched = new Set(args.flat());
    const at = before.items.findIndex((_, i) => !touched.has(i));
    if (at < 0) return;
    const shift = this.edit.grows ? args.length : 0;
    if (this.author.state.items[at + shift] !== before.items[at]) {
      throw new Error(`${this.id}: item ${at} was not touched and is another object`);
    }
  }

  /** @param {Doc} before @param {Doc} theirs the same of the reader @param {number} size */
  #undo(before, theirs, size) {
    const { author, reader, expected } = this;
    author.sent.length = 0;
    author.undo(before, size);
    if (author.answer) {
      author.receive(author.answer());
      for (const frame of this.#relayed()) reader.receive(frame);
    } else {
      reader.undo(theirs, size);
    }
    expected.undo();
    expected.check(author.state, `${this.id}, the author, undone`);
    expected.check(reader.state, `${this.id}, the reader, undone`);
  }
}
