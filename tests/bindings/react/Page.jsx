// A page that is rendered on a server and hydrated: the app, and a component with a store of its own.
import { useStatus, useStore, useSyncedStore } from "draftsync/react";
import { App } from "../apps/react/App.jsx";

function Board({ url }) {
  const store = useSyncedStore(url, { initial: { title: "initial", votes: 0, todos: [] } });
  const title = useStore(store, (state) => state.title.split(" "), sameWords);
  return (
    <p id="board">
      {title.join("-")} {useStatus(store).state}
    </p>
  );
}

const sameWords = (a, b) => a.join() === b.join();

export function Page({ url }) {
  return (
    <>
      <App />
      <Board url={url} />
    </>
  );
}
