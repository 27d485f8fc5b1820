// @ts-check
// A field and a text in step. Fields of browsers are in the end-to-end tests; this one does what
// the test says, at the moment that it says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { pkg } from "./support/package.mjs";
import { connected } from "./support/socket.mjs";

class Field {
  #value = "";
  /** What it makes of a text. @param {string} value */
  kept = (value) => value;

  get value() {
    return this.#value;
  }

  set value(value) {
    this.#value = this.kept(value);
  }

  /** @type {Map<string, (event: { type: string }) => void>} */
  #listeners = new Map();
  selectionStart = 0;
  selectionEnd = 0;
  selectionDirection = "none";
  scrollTop = 0;
  focused = true;

  /** @param {string} type @param {(event: { type: string }) => void} listener */
  addEventListener(type, listener) {
    this.#listeners.set(type, listener);
  }

  /** @param {string} type */
  removeEventListener(type) {
    this.#listeners.delete(type);
  }

  /** As in a page, but that what a listener throws comes here. @param {string} type */
  hears(type) {
    this.#listeners.get(type)?.({ type });
  }

  getRootNode() {
    return { activeElement: this.focused ? this : null };
  }

  /** @param {number} start @param {number} end */
  setSelectionRange(start, end) {
    [this.selectionStart, this.selectionEnd] = [start, end];
  }

  /** Types at the caret. @param {string} text */
  type(text) {
    const { value, selectionStart: start, selectionEnd: end } = this;
    this.value = value.slice(0, start) + text + value.slice(end);
    this.setSelectionRange(start + text.length, start + text.length);
    this.hears("input");
  }

  get shown() {
    return `${this.value.slice(0, this.selectionStart)}|${this.value.slice(this.selectionEnd)}`;
  }
}

/** @param {string} text @param {(value: string) => string} [kept] */
async function bound(text, kept) {
  /** @type {string[]} */
  const errors = [];
  const onError = (/** @type {{ code: string }} */ { code }) => void errors.push(code);
  const { store, socket } = await connected({ text }, { initial: { text: "" }, onError });
  const field = new Field();
  if (kept) field.kept = kept;
  const end = store.text("/text").bind(/** @type {any} */ (field));
  let version = 1;
  return {
    store,
    errors,
    field,
    end,
    /** What somebody else does. @param {object[]} ops */
    they: (...ops) => socket.change(++version, ops),
    /** What was written, as `text` merges it. */
    sent: () => socket.sent.filter(({ type }) => type === "push"),
  };
}

/** @param {number} pos @param {string} str */
const ins = (pos, str) => ({ op: "str_ins", path: "/text", pos, str });
/** @param {number} pos @param {number} len */
const del = (pos, len) => ({ op: "str_del", path: "/text", pos, len });

test("B63: what is typed is written, and what others write is shown beside the caret", async () => {
  const { store, field, they, sent } = await bound("hello");
  assert.equal(field.value, "hello");
  field.setSelectionRange(5, 5);
  field.type("!");
  assert.deepEqual(sent()[0].changes[0].patch, [ins(5, "!")]);
  they(ins(0, "oh, "));
  assert.equal(field.shown, "oh, hello!|");
  field.setSelectionRange(4, 4);
  they(ins(6, "y"), del(0, 1));
  assert.equal(field.shown, "h, |heyllo!");
  assert.equal(store.state.text, field.value);
});

test("B63: a selection stays on what is selected, and a field without focus is only shown", async () => {
  const { field, they } = await bound("one two");
  field.setSelectionRange(4, 7);
  they(ins(0, ">> "));
  assert.deepEqual([field.selectionStart, field.selectionEnd], [7, 10]);
  field.focused = false;
  they(ins(0, ">> "));
  assert.deepEqual([field.selectionStart, field.selectionEnd], [7, 10]);
  assert.equal(field.value, ">> >> one two");
});

test("B63: nothing is put into a field while an input method composes in it", async () => {
  const { store, field, they } = await bound("ab");
  field.setSelectionRange(1, 1);
  field.hears("compositionstart");
  field.type("k");
  they(ins(0, "<<"), ins(4, ">>"));
  assert.equal(field.value, "akb");
  field.setSelectionRange(1, 2);
  field.type("か");
  assert.equal(field.shown, "aか|b", "the composition goes on undisturbed");
  assert.equal(store.state.text, "<<aかb>>", "and both sides have what was written");
  field.hears("compositionend");
  assert.equal(field.shown, "<<aか|b>>");
});

test("B63: what others write into what is being replaced stays", async () => {
  const { store, field, they } = await bound("abcdef");
  field.hears("compositionstart");
  they(ins(3, "XY"));
  field.setSelectionRange(1, 5);
  field.type("-");
  assert.equal(store.state.text, "a-XYf");
  field.hears("compositionend");
  assert.equal(field.value, "a-XYf");
});

test("B63: a write that is refused leaves the field as the text is", async () => {
  const { store, field, errors } = await bound("ab");
  store.patch([{ op: "replace", path: "/text", value: 7 }]);
  assert.equal(field.value, "");
  field.type("x");
  assert.deepEqual(errors, ["invalid-patch"]);
  assert.equal(field.value, "");
});

test("B63: what a field cannot hold stays in the text", async () => {
  for (const [text, kept] of [
    ["one\ntwo\nthree", (/** @type {string} */ value) => value.replaceAll("\n", "")],
    ["one\r\ntwo\r\nthree", (/** @type {string} */ value) => value.replaceAll("\r\n", "\n")],
  ]) {
    const { store, field, sent } = await bound(String(text), /** @type {any} */ (kept));
    field.setSelectionRange(0, 0);
    field.type("X");
    assert.equal(store.state.text, `X${text}`);
    assert.deepEqual(sent().at(-1).changes[0].patch, [ins(0, "X")]);
    field.setSelectionRange(field.value.length, field.value.length);
    field.type("Y");
    assert.equal(store.state.text, `X${text}Y`);
  }
});

test("B63: a field of a store that has ended is let go, and nothing is thrown at the page", async () => {
  const { store, field } = await bound("ab");
  store.dispose();
  field.type("x");
  field.type("y");
  assert.equal(field.value, "xyab");
});

test("B63: what is deleted at the very beginning is what was deleted", async () => {
  const { field, sent } = await bound("aab");
  field.value = "ab";
  field.hears("input");
  assert.deepEqual(sent()[0].changes[0].patch, [del(0, 1)]);
});

test("B63: it ends, also by a signal", async () => {
  const { store, field, end, they } = await bound("ab");
  end();
  end();
  field.type("x");
  they(ins(0, "y"));
  assert.equal(store.state.text, "yab");
  assert.equal(field.value, "xab");
  const control = new AbortController();
  const other = new Field();
  store.text(["text"]).bind(/** @type {any} */ (other), { signal: control.signal });
  assert.equal(other.value, "yab");
  control.abort();
  they(ins(0, "z"));
  assert.equal(other.value, "yab");
});

test("B63: where two texts differ is found by the fewest edits, and never inside a character", async () => {
  const { hunks, moved } = await import(pathToFileURL(`${pkg}/splice.js`).href);
  const smile = "\u{1f600}";
  for (const [from, to] of [
    ["", ""],
    ["abc", ""],
    ["", "abc"],
    ["abcabba", "cbabac"],
    ["the quick fox", "a quick brown fox!"],
    [`${smile}a${smile}`, `\u{1f601}a\u{1f601}`],
    ["a".repeat(500), "b".repeat(500)],
  ]) {
    const found = hunks(from, to);
    let text = from;
    for (const { pos, len, str } of found.toReversed())
      text = text.slice(0, pos) + str + text.slice(pos + len);
    assert.equal(text, to);
    assert.equal(moved(from.length + 1, found), to.length + 1);
  }
  const places = (/** @type {string} */ from, /** @type {string} */ to) =>
    hunks(from, to).map(
      (/** @type {{ pos: number, len: number, str: string }} */ { pos, len, str }) => [
        pos,
        len,
        str,
      ],
    );
  assert.deepEqual(places("hello", "(hello)"), [
    [0, 0, "("],
    [5, 0, ")"],
  ]);
  assert.deepEqual(places(`x${smile}y`, `x\u{1f601}yz`), [
    [1, 2, "\u{1f601}"],
    [4, 0, "z"],
  ]);
});
