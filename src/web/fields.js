// @ts-check
// Members of objects, for Rust: it names them by number, so that no string crosses for a name.
//
// What is not there or is something else reads as a harmless value, and `failed` says afterwards
// that there was such a thing: a frame is read to its end, and then taken or refused as a whole.

/** @type {string[]} */
let words = [];
/** @type {Map<any, number>} */
let numbers = new Map();
let bad = false;

/** Takes the words that numbers stand for from here on. @param {string} list with spaces between */
export function learn(list) {
  words = list.split(" ");
  numbers = new Map(words.map((word, number) => [word, number]));
}

/** Takes note of something that is not as it should be. */
export function fail() {
  bad = true;
}

/** Whether anything was read since the last call that was not as it should be. */
export function failed() {
  const was = bad;
  bad = false;
  return was;
}

/** @template T @param {boolean} good @param {T} value @param {T} instead */
function expect(good, value, instead) {
  if (good) return value;
  fail();
  return instead;
}

/** @param {any} value */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The object that a frame is the text of. @param {any} frame */
export function parse(frame) {
  let message;
  try {
    // Anything but a string would be made one.
    if (typeof frame === "string") message = JSON.parse(frame);
  } catch {
    // What is no JSON is no object either.
  }
  return expect(isObject(message), message, {});
}

/** The member as it is. @param {any} object @param {number} name */
export const field = (object, name) => object[words[name]];

/** 0 when there is no such member, 1 when it is null, else 2. @param {any} object @param {number} name */
export function presence(object, name) {
  const value = field(object, name);
  return value === undefined ? 0 : value === null ? 1 : 2;
}

/** A member that must be there. @param {any} object @param {number} name */
export function value(object, name) {
  const value = field(object, name);
  return expect(value !== undefined, value, null);
}

/** @param {any} object @param {number} name @returns {string} */
export function text(object, name) {
  const value = field(object, name);
  return expect(typeof value === "string", value, "");
}

/** The number of the word, or -1. @param {any} object @param {number} name */
export const word = (object, name) => numbers.get(field(object, name)) ?? -1;

/** @param {any} object @param {number} name @returns {number} */
export function number(object, name) {
  const value = field(object, name);
  return expect(typeof value === "number", value, 0);
}

/** @param {any} object @param {number} name @returns {number} */
export function whole(object, name) {
  const value = field(object, name);
  return expect(Number.isSafeInteger(value) && value >= 0, value, 0);
}

/** False when it is not there. @param {any} object @param {number} name @returns {boolean} */
export function flag(object, name) {
  const value = field(object, name);
  return expect(value === undefined || typeof value === "boolean", value === true, false);
}

/** @param {any} object @param {number} name */
export function object(object, name) {
  const value = field(object, name);
  return expect(isObject(value), value, {});
}

/** How many elements an array has. @param {any} list */
export const size = (list) => expect(Array.isArray(list), list?.length, 0);

/** @param {any} list @param {number} at */
export const item = (list, at) => list[at];

/** An element that must be an object. @param {any} list @param {number} at */
export const entry = (list, at) => expect(isObject(list[at]), list[at], {});

/** An index in a recorded path, or -1 for a name. @param {any} path @param {number} at */
export const index = (path, at) => (typeof path[at] === "number" ? path[at] : -1);

/** A name in a recorded path. @param {any} path @param {number} at */
export const key = (path, at) => String(path[at]);

export const make = () => ({});
export const list = () => [];
/** @param {any[]} list @param {any} value */
export const push = (list, value) => void list.push(value);

/** @param {any} object @param {number} name @param {any} value */
export function put(object, name, value) {
  object[words[name]] = value;
}

/** @param {any} object @param {number} name @param {number} word */
export const putWord = (object, name, word) => put(object, name, words[word]);

export const stringify = JSON.stringify;

/** @param {(type: string, payload: any) => void} emit @param {number} type @param {any} payload */
export const tell = (emit, type, payload) => emit(words[type], payload);
