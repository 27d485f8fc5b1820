// What follows from `initial` alone, and what a document of one's own type allows.

import { SyncedStore } from "draftsync";
import type { Draft, Immutable } from "draftsync";
import { indexedDB } from "draftsync/indexeddb";
import { expectType } from "./expect.js";

// Literals are widened, as for a variable.
const inferred = new SyncedStore("/rooms/a", {
  initial: { title: "", n: 0, done: false, tags: ["a"], place: { x: 0, y: 0 } },
});
expectType<string>()(inferred.state.title);
expectType<number>()(inferred.state.n);
expectType<boolean>()(inferred.state.done);
expectType<readonly string[]>()(inferred.state.tags);
expectType<{ readonly x: number; readonly y: number }>()(inferred.state.place);
inferred.update((draft) => {
  draft.place.x += 1;
  draft.tags.push("b");
  // @ts-expect-error a text is no number
  draft.n = "1";
  // @ts-expect-error nothing of this name in `initial`
  draft.other = 1;
});

// A union, an optional member and a tuple stay what they are.
type Shape =
  { kind: "circle"; r: number } | { kind: "box"; size: [number, number]; label?: string };
const shapes = new SyncedStore("/rooms/a", { initial: (): Shape[] => [] });
expectType<readonly Immutable<Shape>[]>()(shapes.state);
shapes.update((draft) => {
  draft.push({ kind: "circle", r: 1 });
  // @ts-expect-error a circle has no size
  draft.push({ kind: "circle", size: [1, 1] });
  for (const shape of draft) {
    if (shape.kind === "circle") shape.r += 1;
    else shape.size = [shape.size[0] * 2, shape.size[1]];
  }
});
const [first] = shapes.state;
if (first?.kind === "box") {
  expectType<readonly [number, number]>()(first.size);
  expectType<string | undefined>()(first.label);
  // @ts-expect-error what is read is readonly
  first.size[0] = 1;
}

// A readonly type of one's own can be edited in a recipe all the same.
interface Frozen {
  readonly items: readonly { readonly id: string }[];
}
const frozen = new SyncedStore<Frozen>("/rooms/a", { initial: { items: [] } });
frozen.update((draft) => {
  expectType<Draft<Frozen>>()(draft);
  draft.items.push({ id: "a" });
  draft.items = draft.items.filter(({ id }) => id !== "a");
});
frozen.update((draft) => ({ ...draft, items: [] }));

// A copy in the browser.
new SyncedStore("/rooms/a", { initial: { n: 0 }, persist: indexedDB() });
// @ts-expect-error that is no place for copies
new SyncedStore("/rooms/a", { initial: { n: 0 }, persist: localStorage });
