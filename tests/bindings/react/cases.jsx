// Small trees, each to look at one promise of draftsync/react; the address says which, and the room.
import {
  Activity,
  StrictMode,
  Suspense,
  startTransition,
  use,
  useLayoutEffect,
  useState,
} from "react";
import { createRoot } from "react-dom/client";
import { SyncedStore } from "draftsync";
import {
  createStoreContext,
  usePresence,
  useReadable,
  useStatus,
  useStore,
  useSyncedStore,
} from "draftsync/react";
import { PARTS, initial, newStore, rendered, sameItems, url, wanted } from "../support/counted.js";

const root = createRoot(document.getElementById("root"));

/** Inline selectors, which are others at each rendering. */
function selectors() {
  const store = newStore();
  function Part({ name }) {
    const [select, equal] = PARTS[name];
    const value = useStore(store, (state) => select(state), equal);
    return <p id={name}>{rendered(name, value)}</p>;
  }
  function Whole() {
    const { votes } = useStore(store);
    return <p id="whole">{rendered("whole", votes)}</p>;
  }
  function Undo() {
    const { canUndo } = useReadable(store.history);
    return <p id="undo">{String(canUndo)}</p>;
  }
  function Status() {
    return <p id="status">{useStatus(store).state}</p>;
  }
  root.render(
    <>
      <Part name="title" />
      <Part name="count" />
      <Part name="open" />
      <Whole />
      <Undo />
      <Status />
    </>,
  );
}

/** A selector that depends on a prop, and a store that is replaced by another. */
function props() {
  const stores = [0, 1].map(
    (index) =>
      new SyncedStore(url, {
        initial: { ...initial, todos: [{ text: `a${index}` }, { text: `b${index}` }] },
        autoConnect: false,
      }),
  );
  const lists = (globalThis.lists = new Set());
  function Text({ store, index }) {
    const select = (state) => state.todos.filter((todo) => todo.done);
    lists.add(useStore(store, select, sameItems));
    return <p id="text">{useStore(store, (state) => state.todos[index].text)}</p>;
  }
  globalThis.show = (store, index) => root.render(<Text store={stores[store]} index={index} />);
  globalThis.show(0, 0);
}

function Shared({ id }) {
  const store = (globalThis.store = useSyncedStore(url, { initial }));
  return <p id={id}>{useStore(store, (state) => state.title)}</p>;
}

/** Two components that ask for one room, in StrictMode, taken away and put back. */
function strict() {
  globalThis.mount = (shown) =>
    root.render(
      <StrictMode>{shown && [<Shared key="a" id="a" />, <Shared key="b" id="b" />]}</StrictMode>,
    );
  globalThis.mount(true);
}

/** What comes of a package that brings a draftsync of its own. */
async function copies() {
  const second = await import("second");
  function Theirs() {
    const store = second.useSyncedStore(url, { initial });
    return <p id="b">{second.useStore(store, (state) => state.title)}</p>;
  }
  root.render(
    <>
      <Shared id="a" />
      <Theirs />
    </>,
  );
}

/** A tree that is hidden, which ends its effects, and shown again, which does not render it. */
function activity() {
  const tree = <Shared id="a" />;
  globalThis.mount = (shown) =>
    root.render(<Activity mode={shown ? "visible" : "hidden"}>{tree}</Activity>);
  globalThis.mount(true);
}

/** Nothing is shown of a room before it is here. */
function suspense() {
  globalThis.titles = [];
  function Board() {
    const store = useSyncedStore(url, { initial });
    use(store.ready);
    const title = useStore(store, (state) => state.title);
    globalThis.titles.push(title);
    return <p id="title">{title}</p>;
  }
  root.render(
    <StrictMode>
      <Suspense fallback={<p id="waiting">waiting</p>}>
        <Board />
      </Suspense>
    </StrictMode>,
  );
}

/** A slow tree that is made in a transition, while the store changes. */
function concurrent() {
  const store = newStore();
  /** What each commit shows. */
  const commits = (globalThis.commits = []);
  /** How many versions the store had while one rendering of the tree went on. */
  const passes = (globalThis.passes = []);
  let during = new Set();
  function Begin() {
    during = new Set();
  }
  function Slow() {
    const votes = useStore(store, (state) => state.votes);
    const end = performance.now() + 4;
    while (performance.now() < end);
    during.add(store.state.votes);
    return <span className="slow">{votes}</span>;
  }
  function End() {
    passes.push(during.size);
  }
  function Tree() {
    const [shown, show] = useState(false);
    globalThis.show = (value) => startTransition(() => show(value));
    useLayoutEffect(() => {
      const texts = [...document.querySelectorAll(".slow")].map((slow) => slow.textContent);
      commits.push([...new Set(texts)]);
    });
    // What is new listens to the store only when it has been rendered, so nothing interrupts it.
    return (
      <>
        <p id="shown">{String(shown)}</p>
        {shown && [
          <Begin key="begin" />,
          ...Array.from({ length: 30 }, (_, index) => <Slow key={index} />),
          <End key="end" />,
        ]}
      </>
    );
  }
  root.render(<Tree />);
}

/** The hooks of a context, and what they say outside of it. */
function context() {
  const board = createStoreContext();
  const store = new SyncedStore(url, { initial });
  function Inside() {
    const same = board.useSyncedStore() === store;
    return (
      <>
        <p id="title">{board.useStore((state) => state.title)}</p>
        <p id="status">{board.useStatus().state}</p>
        <p id="same">{String(same)}</p>
      </>
    );
  }
  function Outside() {
    let said = "nothing";
    try {
      board.useStatus();
    } catch (error) {
      said = error.message;
    }
    return <p id="outside">{said}</p>;
  }
  root.render(
    <>
      <board.Provider store={store}>
        <Inside />
      </board.Provider>
      <Outside />
    </>,
  );
}

/** Who is here. */
function presence() {
  const board = createStoreContext();
  const store = newStore({ presence: { name: "Ada", at: 0 } });
  const updates = (globalThis.updates = new Set());
  function Here() {
    const { self, others, update } = usePresence(store);
    updates.add(update);
    globalThis.update = update;
    return (
      <>
        <p id="self">{rendered("here", self.presence)}</p>
        <p id="others">{others.map((peer) => `${peer.presence.name} at ${peer.presence.at}`)}</p>
        <p id="known">{String(self.id === store.clientId)}</p>
      </>
    );
  }
  function Count() {
    return <p id="count">{board.usePresence().others.length}</p>;
  }
  root.render(
    <board.Provider store={store}>
      <Here />
      <Count />
    </board.Provider>,
  );
}

const cases = {
  selectors,
  props,
  strict,
  copies,
  activity,
  suspense,
  concurrent,
  context,
  presence,
};
cases[wanted]();
