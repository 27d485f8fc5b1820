// Reading, writing and making a store.

import { SyncedStore, version } from "draftsync";
import type { Change, Draft, Immutable, Json, Outcome, PatchOp } from "draftsync";
import { WebSocket as FromPackage } from "ws";
import { expectType } from "./expect.js";

interface Todo {
  text: string;
  done: boolean;
  tags?: string[];
}
interface Board {
  title: string;
  todos: Todo[];
  votes: { [name: string]: number };
}
const initial: Board = { title: "", todos: [], votes: {} };
const store = new SyncedStore("ws://example.org/rooms/a", { initial });

// The document's type comes from `initial`, from a value and from a function.
expectType<SyncedStore<Board>>()(store);
expectType<SyncedStore<Board>>()(new SyncedStore("/rooms/a", { initial: () => initial }));
expectType<SyncedStore<{ items: string[] }>>()(
  new SyncedStore(new URL("ws://example.org/rooms/a"), { initial: { items: ["milk"] } }),
);
new SyncedStore<Board>("/rooms/a", { initial: () => ({ title: "", todos: [], votes: {} }) });
// @ts-expect-error `initial` is needed
new SyncedStore("/rooms/a", {});
// @ts-expect-error a document is an object or an array
new SyncedStore("/rooms/a", { initial: 5 });

// What is read is readonly, to the depth.
expectType<Immutable<Board>>()(store.state);
expectType<
  readonly { readonly text: string; readonly done: boolean; readonly tags?: readonly string[] }[]
>()(store.state.todos);
// @ts-expect-error a snapshot is not edited
store.state.title = "x";
// @ts-expect-error not in its depth either
store.state.todos.push({ text: "", done: false });
const { getSnapshot, getServerSnapshot, subscribe } = store;
expectType<Immutable<Board>>()(getSnapshot());
expectType<Immutable<Board>>()(getServerSnapshot());
expectType<() => void>()(subscribe(() => {}));

// A recipe edits, or returns a new state.
const change = store.update((draft) => {
  expectType<Draft<Board>>()(draft);
  draft.title = "x";
  draft.todos.push({ text: "milk", done: false });
  draft.votes["ann"] = 1;
  delete draft.votes["ann"];
});
expectType<Change>()(change);
store.update(() => ({ title: "", todos: [], votes: {} }));
store.update((draft) => ({ ...draft, title: "x" }));
store.update(() => ({ ...store.state, title: "x" }));
// @ts-expect-error a wrong type
store.update((draft) => void (draft.title = 5));
// @ts-expect-error no such member
store.update((draft) => void (draft.nothing = 5));
// @ts-expect-error an async recipe
store.update(async (draft) => void (draft.title = "x"));
// @ts-expect-error a returned state of another shape
store.update(() => ({ title: "x" }));

// Operations.
const ops: readonly PatchOp[] = [
  { op: "add", path: "/todos/-", value: { text: "milk", done: false } },
  { op: "remove", path: "/todos/0" },
  { op: "move", from: "/todos/0", path: "/todos/1" },
  { op: "inc", path: "/votes/ann", inc: 1 },
  { op: "str_ins", path: "/title", pos: 0, str: "x" },
  { op: "str_del", path: "/title", pos: 0, len: 1 },
];
expectType<Change>()(store.patch(ops));
const todo: Todo = { text: "milk", done: false, tags: ["dairy"] };
store.patch([{ op: "add", path: "/todos/0", value: todo }], {
  test: [{ path: "/todos", equals: store.state.todos }],
});
// @ts-expect-error an operation without its value
store.patch([{ op: "add", path: "/x" }]);
// @ts-expect-error a value that JSON cannot hold
store.patch([{ op: "add", path: "/x", value: undefined }]);
expectType<number>()(store.transact(() => 5));

async function outcomes() {
  const outcome = await change.confirmed;
  expectType<Outcome>()(outcome);
  expectType<number>()(outcome.version);
  for (const { op, reason } of outcome.lost) console.log(op.path, reason);
  expectType<SyncedStore<Board>>()(await store.ready);
  expectType<SyncedStore<Board>>()(await SyncedStore.open("/rooms/a", { initial }));
  await store.flush({ signal: new AbortController().signal });
  await using open = store;
  open.connect();
}
void outcomes;

// Options.
class Slow extends WebSocket {}
new SyncedStore("/rooms/a", {
  initial,
  connection: { minDelayMs: 100, maxDelayMs: 1000, maxQueue: 10 },
  WebSocket: Slow,
  autoConnect: false,
  signal: new AbortController().signal,
  onError: (error) => console.log(error.code),
});
new SyncedStore("/rooms/a", { initial, WebSocket: (url, protocols) => new Slow(url, protocols) });
new SyncedStore("/rooms/a", { initial, WebSocket: FromPackage });
new SyncedStore("/rooms/a", { initial, WebSocket: (url, names) => new FromPackage(url, names) });
// @ts-expect-error that is no socket
new SyncedStore("/rooms/a", { initial, WebSocket: () => ({}) });

expectType<string>()(version);
const any: Json = { list: [1, "a", null, true, { deep: [] }] };
new SyncedStore("/rooms/a", { initial: any as { [key: string]: Json } });

// Credentials: a text, or a function that is told why it is asked.
store.setAuth("token");
store.setAuth(undefined);
store.setAuth(async ({ reason, signal }) => {
  expectType<"connect" | "expired">()(reason);
  expectType<AbortSignal>()(signal);
  return "token";
});
// @ts-expect-error a token is a text
store.setAuth(() => 1);
