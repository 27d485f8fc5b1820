// A page that is rendered on a server and hydrated: the app, and a component with a store of its own.
import { Suspense, use } from "react";
import { usePresence, useStatus, useStore, useSyncedStore } from "draftsync/react";
import { App } from "../apps/react/App.jsx";

function Board({ url }) {
  const initial = { title: "initial", votes: 0, todos: [] };
  const store = useSyncedStore(url, { initial, presence: { name: "Ada" } });
  const { self, others } = usePresence(store);
  const title = useStore(store, (state) => state.title.split(" "), sameWords);
  return (
    <p id="board">
      {title.join("-")} {useStatus(store).state} {self.presence.name}
      {others.map((peer) => ` and ${peer.presence.name}`)}
      <input type="hidden" name={self.id} />
    </p>
  );
}

const sameWords = (a, b) => a.join() === b.join();

function Waiting({ url }) {
  const store = useSyncedStore(url, { initial: { title: "initial", votes: 0, todos: [] } });
  use(store.ready);
  return <p id="waited">{useStore(store, (state) => state.title)}</p>;
}

export function Page({ url }) {
  return (
    <>
      <App />
      <Board url={url} />
      <Suspense fallback="waiting">
        <Waiting url={url} />
      </Suspense>
    </>
  );
}
