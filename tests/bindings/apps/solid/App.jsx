import { For } from "solid-js";
import { createStoreMirror, useStatus } from "draftsync/solid";
import { store } from "../store.js";

export function App() {
  const state = createStoreMirror(store);
  const status = useStatus(store);
  return (
    <main>
      <h1>Groceries</h1>
      <ul>
        <For each={state.items}>
          {(item) => (
            <li>
              <label>
                <input type="checkbox" checked={item.done} onChange={() => toggle(item.id)} />
                {item.text}
              </label>
            </li>
          )}
        </For>
      </ul>
      <form onSubmit={add}>
        <input name="text" aria-label="What to buy" required />
        <button>Add</button>
      </form>
      <footer>{status().state}</footer>
    </main>
  );
}

/** @param {SubmitEvent} event */
function add(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const text = String(new FormData(form).get("text"));
  store.update((draft) => {
    draft.items.push({ id: crypto.randomUUID(), text, done: false });
  });
  form.reset();
}

/** @param {string} id */
function toggle(id) {
  store.update((draft) => {
    const item = draft.items.find((item) => item.id === id);
    if (item) item.done = !item.done;
  });
}
