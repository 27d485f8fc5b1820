// draftsync/vue, draftsync/svelte and draftsync/solid: what selectors give.

import type { Accessor } from "solid-js";
import type { ShallowRef } from "vue";
import type { Immutable, Readable, Status, SyncedStore } from "draftsync";
import * as solid from "draftsync/solid";
import * as svelte from "draftsync/svelte";
import * as vue from "draftsync/vue";
import { expectType } from "./expect.js";

interface Board {
  title: string;
  todos: { text: string; done: boolean }[];
}
declare const store: SyncedStore<Board>;
declare const count: Readable<number>;
const sameNumber = (a: number, b: number) => a === b;

// Vue: refs that are read.
expectType<Readonly<ShallowRef<Immutable<Board>>>>()(vue.useStore(store));
expectType<Readonly<ShallowRef<string>>>()(vue.useStore(store, (state) => state.title));
expectType<Readonly<ShallowRef<Status>>>()(vue.useStatus(store));
expectType<number>()(vue.useReadable(count, 0).value);
vue.useStore(store, (state) => state.todos.length, sameNumber);
// @ts-expect-error what compares takes what was selected
vue.useStore(store, (state) => state.title, sameNumber);
// @ts-expect-error a snapshot is not edited
vue.useStore(store).value.title = "x";
// @ts-expect-error the ref is read
vue.useStore(store, (state) => state.title).value = "x";

// Svelte: something with `current`.
expectType<Immutable<Board>>()(svelte.useStore(store).current);
expectType<number>()(svelte.useStore(store, (state) => state.todos.length, sameNumber).current);
// @ts-expect-error no such member
svelte.useStore(store, (state) => state.nothing);
// @ts-expect-error it is read
svelte.useStore(store, (state) => state.title).current = "x";

// Solid: accessors, and a mirror.
expectType<Immutable<Board>>()(solid.useStore(store)());
const length: Accessor<number> = solid.useStore(store, ({ todos }) => todos.length, sameNumber);
expectType<number>()(length());
expectType<Accessor<Status>>()(solid.useStatus(store));
expectType<number>()(solid.useReadable(count)());
expectType<Immutable<Board>>()(solid.createStoreMirror(store, { key: "text" }));
// @ts-expect-error a mirror is read
solid.createStoreMirror(store).title = "x";
