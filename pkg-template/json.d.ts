// JSON, and where and how it is edited.

/** What JSON can hold, and so what a document can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A value that an app gives. An `interface` and a readonly array are no `Json` to TypeScript, so any object passes; what JSON cannot hold in it throws, with its path. */
export type Value = Json | object;

/** A deeply readonly view of `T`: what every read returns. */
export type Immutable<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends readonly unknown[]
    ? number extends T["length"]
      ? readonly Immutable<T[number]>[]
      : { readonly [K in keyof T]: Immutable<T[K]> }
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

/** A deeply mutable view of `T`: what a recipe receives. */
export type Draft<T> = T extends readonly unknown[]
  ? number extends T["length"]
    ? Draft<T[number]>[]
    : { -readonly [K in keyof T]: Draft<T[K]> }
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

/**
 * An operation of RFC 6902, or one of three that merge instead of overwriting: `inc` adds to a number, `str_ins` and `str_del` edit a text.
 *
 * Paths are JSON Pointers (RFC 6901), such as `"/todos/0/done"`.
 * Positions and lengths in a text count UTF-16 code units, as `String.prototype.slice` does.
 */
export type PatchOp<V extends Value = Json> =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: V }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string }
  | { readonly op: "inc"; readonly path: string; readonly inc: number }
  | { readonly op: "str_ins"; readonly path: string; readonly pos: number; readonly str: string }
  | { readonly op: "str_del"; readonly path: string; readonly pos: number; readonly len: number };

/** A JSON Pointer, such as `"/todos/0/done"`, or its parts: `["todos", 0, "done"]`. */
export type Path = string | readonly (string | number)[];
