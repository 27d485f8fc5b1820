// What is tried of draftsync/solid; the address says which, and the room.
import { For, createEffect, createSignal } from "solid-js";
import { render } from "solid-js/web";
import { createStoreMirror, useReadable, useStatus, useStore } from "draftsync/solid";
import {
  PARTS,
  counted,
  initial,
  newStore,
  rendered,
  sameItems,
  url,
  wanted,
} from "../support/counted.js";
import { edits } from "./edits.js";

const root = document.getElementById("root");

/** As text, without the order of members, which a mirror keeps as it was. */
const sorted = (value) =>
  JSON.stringify(value, (_, part) =>
    part && !Array.isArray(part) && typeof part === "object"
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

const cases = {
  /** Parts that select different things. */
  selectors() {
    const store = newStore();
    function Part({ name, select, equal }) {
      const value = name === "whole" ? useStore(store) : useStore(store, select, equal);
      const shown = () => (name === "whole" ? select(value()) : value());
      return <p id={name}>{rendered(name, shown())}</p>;
    }
    function Around() {
      const status = useStatus(store);
      const history = useReadable(store.history);
      return (
        <>
          <p id="status">{status().state}</p>
          <p id="undo">{String(history().canUndo)}</p>
        </>
      );
    }
    const parts = Object.entries(PARTS);
    render(
      () => (
        <>
          {parts.map(([name, [select, equal]]) => (
            <Part name={name} select={select} equal={equal} />
          ))}
          <Around />
        </>
      ),
      root,
    );
  },

  /** A selector that reads a signal, and a tree that goes. */
  refs() {
    const store = counted(newStore());
    const [index, setIndex] = createSignal(0);
    globalThis.index = {
      set value(to) {
        setIndex(to);
      },
    };
    const lists = (globalThis.lists = new Set());
    function Text() {
      const text = useStore(store, (state) => state.todos[index()]?.text);
      const done = useStore(
        store,
        (state) => state.todos.filter((todo) => todo.done && index() >= 0),
        sameItems,
      );
      createEffect(() => lists.add(done()));
      return <p id="text">{text()}</p>;
    }
    globalThis.app = { unmount: render(() => <Text />, root) };
  },

  /** A mirror is fine-grained, and what the state is, whatever was edited. */
  async mirror() {
    // Not the development entry, whose states are frozen: Solid wraps nothing that is.
    const { SyncedStore } = await import("/node_modules/draftsync/index.js");
    const store = (globalThis.store = new SyncedStore(url, { initial, autoConnect: false }));
    function Board() {
      const state = createStoreMirror(store);
      globalThis.same = () => sorted(state) === sorted(store.state);
      return (
        <>
          <h1>{rendered("title", state.title)}</h1>
          <For each={state.todos}>
            {(todo) => {
              rendered("rows");
              return <p id={todo.id}>{rendered(todo.id, todo.text)}</p>;
            }}
          </For>
        </>
      );
    }
    render(() => <Board />, root);
    globalThis.edits = edits;
  },
};

cases[wanted]();
