import { useStatus, useStore } from "draftsync/react";
import { store } from "../store.js";

export function App() {
  const items = useStore(store, (state) => state.items);
  const status = useStatus(store);
  return (
    <main>
      <h1>Groceries</h1>
      <ul>
        {items.map((item) => (
          <Item key={item.id} item={item} />
        ))}
      </ul>
      <form action={add}>
        <input name="text" aria-label="What to buy" required />
        <button>Add</button>
      </form>
      <footer>{status.state}</footer>
    </main>
  );
}

function Item({ item }) {
  return (
    <li>
      <label>
        <input type="checkbox" checked={item.done} onChange={() => toggle(item.id)} />
        {item.text}
      </label>
    </li>
  );
}

/** @param {FormData} form */
function add(form) {
  store.update((draft) => {
    draft.items.push({ id: crypto.randomUUID(), text: String(form.get("text")), done: false });
  });
}

/** @param {string} id */
function toggle(id) {
  store.update((draft) => {
    const item = draft.items.find((item) => item.id === id);
    if (item) item.done = !item.done;
  });
}
