// @ts-check
"use client";

import { useEffect } from "react";
import { SyncedStore } from "draftsync";
import { useStatus, useStore } from "draftsync/react";
import { exchange } from "../exchange.js";

// On the server there is no address, and a store does not connect there.
const { search } = globalThis.location ?? { search: "" };
const room = new URLSearchParams(search).get("room") ?? "ws://127.0.0.1:9/rooms/server";
const store = new SyncedStore(`${room}-list`, { initial: { items: ["from the server"] } });

export function List() {
  const items = useStore(store, (state) => state.items);
  const { state } = useStatus(store);
  useEffect(() => {
    exchange(SyncedStore, room).then(
      (seen) => Object.assign(globalThis, { exchanged: seen }),
      (error) => Object.assign(globalThis, { exchanged: `failed: ${error.stack}` }),
    );
  }, []);
  const add = () => {
    store.update((draft) => {
      draft.items.push("from the page");
    });
  };
  return (
    <main>
      <p>{state}</p>
      <button onClick={add}>Add</button>
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </main>
  );
}
