// A component that is edited while it runs.
import { useStore, useSyncedStore } from "draftsync/react";

const url = new URLSearchParams(location.search).get("room");

export function Hot() {
  const store = useSyncedStore(url, { initial: { title: "initial", votes: 0, todos: [] } });
  return <p id="hot">first: {useStore(store, (state) => state.title)}</p>;
}
