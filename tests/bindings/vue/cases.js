// @ts-check
// What is tried of draftsync/vue; the address says which, and the room.

import { createApp, h, ref } from "vue";
import { useReadable, useStatus, useStore } from "draftsync/vue";
import { PARTS, counted, newStore, rendered, sameItems, wanted } from "../support/counted.js";

const page = /** @type {any} */ (globalThis);

const cases = {
  /** Parts that select different things. */
  selectors() {
    const store = newStore();
    const parts = Object.entries(PARTS).map(([name, [select, equal]]) => ({
      setup() {
        const value = name === "whole" ? useStore(store) : useStore(store, select, equal);
        const shown = () => (name === "whole" ? select(value.value) : value.value);
        return () => h("p", { id: name }, rendered(name, shown()));
      },
    }));
    const around = {
      setup() {
        const status = useStatus(store);
        const history = useReadable(store.history);
        return () => [
          h("p", { id: "status" }, status.value.state),
          h("p", { id: "undo" }, String(history.value.canUndo)),
        ];
      },
    };
    createApp(() => [...parts, around].map((part) => h(part))).mount("#root");
  },

  /** A selector that reads a ref, and a component that goes. */
  refs() {
    const store = counted(newStore());
    const index = (page.index = ref(0));
    const lists = (page.lists = new Set());
    const app = (page.app = createApp({
      setup() {
        const text = useStore(store, (state) => state.todos[index.value]?.text);
        const done = useStore(
          store,
          (state) => state.todos.filter((todo) => todo.done && index.value >= 0),
          sameItems,
        );
        return () => {
          lists.add(done.value);
          return h("p", { id: "text" }, text.value);
        };
      },
    }));
    app.mount("#root");
  },
};

cases[/** @type {keyof typeof cases} */ (wanted)]();
