// Who is here: what is shown, anchors, and stores of which it is typed.

import { SyncedStore } from "draftsync";
import type { Anchor, Immutable, Json, Peer, StoreEvents } from "draftsync";
import { useStatus, useStore } from "draftsync/react";
import { expectType } from "./expect.js";

type Cursor = { name: string; at: Anchor | null; tags?: string[] };
const initial = { text: "" };
const presence: Cursor = { name: "Ada", at: null };

const store = new SyncedStore("/rooms/a", { initial, presence });
expectType<SyncedStore<{ text: string }, Cursor>>()(store);
expectType<readonly Peer<Cursor>[]>()(store.presence.value);
expectType<readonly Peer<Cursor>[]>()(store.presence.others);
expectType<Peer<Cursor | null>>()(store.presence.self);
for (const { id, self, user, presence, lastSeen } of store.presence.value) {
  expectType<string>()(id);
  expectType<boolean>()(self);
  expectType<Json>()(user);
  expectType<Immutable<Cursor>>()(presence);
  expectType<number>()(lastSeen);
  expectType<number | undefined>()(presence.at?.pos);
  // @ts-expect-error what others show is not edited
  presence.name = "x";
}

store.presence.update({ at: store.presence.anchor("/text", 3) });
store.presence.update({ at: store.presence.anchor(["text"]) });
store.presence.update((draft) => {
  draft.at = null;
  draft.tags = ["a"];
});
// @ts-expect-error no member of what is shown
store.presence.update({ mood: "fine" });
// @ts-expect-error a place has a path
store.presence.anchor(3);

// It may be an interface.
interface Pointer {
  x: number;
  over?: string;
}
const pointed = new SyncedStore<{ text: string }, Pointer>("/rooms/a", {
  initial,
  presence: { x: 0 },
});
pointed.presence.update({ over: "a" });
expectType<number | undefined>()(pointed.presence.self.presence?.x);

store.presence.subscribe((peers) => expectType<readonly Peer<Cursor>[]>()(peers));
store.on("presence", (peers) => expectType<readonly Peer<Cursor>[]>()(peers));
expectType<readonly Peer<Cursor>[]>()({} as StoreEvents<Cursor>["presence"]);

// Without a type of its own it is whatever one takes it for.
const plain = new SyncedStore("/rooms/a", { initial });
plain.presence.update({ anything: [1, null] });
const [peer] = plain.presence.value;
const seen: string | undefined = peer?.presence.name;
expectType<string | undefined>()(seen);

// What takes a store takes one whose presence has a type.
function lengthOf({ state }: SyncedStore<{ text: string }>) {
  return state.text.length;
}
expectType<number>()(lengthOf(plain) + lengthOf(store) + lengthOf(pointed));

// What works with any store takes one whose presence is typed.
useStatus(store);
expectType<Immutable<{ text: string }>>()(useStore(store));
