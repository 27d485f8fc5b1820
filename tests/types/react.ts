// draftsync/react: what selectors and hooks give.

import { createElement } from "react";
import { SyncedStore } from "draftsync";
import type { Immutable, Peer, Readable, Status } from "draftsync";
import {
  createStoreContext,
  usePresence,
  useReadable,
  useStatus,
  useStore,
  useSyncedStore,
} from "draftsync/react";
import { expectType } from "./expect.js";

interface Board {
  title: string;
  todos: { text: string; done: boolean }[];
}
type ReadonlyTodos = readonly { readonly text: string; readonly done: boolean }[];
declare const store: SyncedStore<Board>;

// What is selected is readonly, and its type is the selector's.
expectType<Immutable<Board>>()(useStore(store));
expectType<string>()(useStore(store, (state) => state.title));
expectType<number>()(useStore(store, ({ todos }) => todos.length));
expectType<ReadonlyTodos>()(useStore(store, (state) => state.todos));
const open = useStore(
  store,
  (state) => state.todos.filter((todo) => !todo.done),
  (a, b) => a.length === b.length,
);
expectType<{ readonly text: string; readonly done: boolean }[]>()(open);
// @ts-expect-error no such member
useStore(store, (state) => state.nothing);
// @ts-expect-error a snapshot is not edited
useStore(store).todos.push({ text: "", done: false });
const sameNumber = (a: number, b: number) => a === b;
// @ts-expect-error what compares takes what was selected
useStore(store, ({ title }) => title, sameNumber);

expectType<Status>()(useStatus(store));
expectType<boolean>()(useReadable(store.history).canUndo);
declare const count: Readable<number>;
expectType<number>()(useReadable(count));
expectType<number>()(useReadable(count, 0));
// @ts-expect-error the server's value is one of its values
useReadable(count, "none");

// The document's type comes from `initial`.
expectType<SyncedStore<{ items: string[] }>>()(
  useSyncedStore("/rooms/a", { initial: { items: ["milk"] } }),
);
// @ts-expect-error `initial` is needed
useSyncedStore("/rooms/a", {});

const board = createStoreContext<Board>();
createElement(board.Provider, { store }, "child");
// @ts-expect-error a store of something else
createElement(board.Provider, { store: count });
expectType<SyncedStore<Board>>()(board.useSyncedStore());
expectType<Immutable<Board>>()(board.useStore());
expectType<string>()(board.useStore((state) => state.title));
expectType<Status>()(board.useStatus());

// Presence has the store's type.
declare const seen: SyncedStore<Board, { name: string }>;
const { self, others, update } = usePresence(seen);
expectType<Peer<{ name: string } | null>>()(self);
expectType<readonly Peer<{ name: string }>[]>()(others);
update({ name: "Ada" });
update((draft) => void (draft.name = "Ada"));
// @ts-expect-error no such member
update({ nothing: 1 });
const meeting = createStoreContext<Board, { name: string }>();
createElement(meeting.Provider, { store: seen });
expectType<SyncedStore<Board, { name: string }>>()(meeting.useSyncedStore());
expectType<readonly Peer<{ name: string }>[]>()(meeting.usePresence().others);
