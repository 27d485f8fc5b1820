// @ts-check
// Who is here, and which item each of them is editing.

/** @typedef {import("./todos.js").Board} Board */
/** @typedef {import("./todos.js").Todo} Todo */
/** @typedef {import("/pkg/index.js").Anchor} Anchor */
/** @typedef {{ name: string, item: Anchor | null }} Person */
/** @typedef {import("/pkg/index.js").SyncedStore<Board, Person>} Store */

const KINDS = ["Brave", "Calm", "Clever", "Gentle", "Kind", "Lively", "Merry", "Quiet"];
const ANIMALS = ["Badger", "Finch", "Fox", "Heron", "Lynx", "Otter", "Robin", "Seal"];
const NAME_CHARS_MAX = 40;
const TEXT_CHARS_MAX = 30;

/** @param {readonly string[]} words */
const one = (words) => words[Math.floor(Math.random() * words.length)];

/** Somebody new. @returns {Person} */
export function anybody() {
  return { name: `${one(KINDS)} ${one(ANIMALS)}`, item: null };
}

/**
 * A room is open to every client, so this page takes nothing for granted about what others show.
 * @param {any} shown
 * @param {readonly Todo[]} todos
 */
function read(shown, todos) {
  const name = typeof shown?.name === "string" ? shown.name.slice(0, NAME_CHARS_MAX) : "";
  const place = /^\/todos\/(\d+)$/.exec(shown?.item?.$anchor ?? "");
  const item = place ? todos[Number(place[1])] : undefined;
  return { name: name || "Somebody", item };
}

/** A colour that goes with a name; it says nothing that the name does not. @param {string} name */
function hue(name) {
  return [...name].reduce((sum, one) => (sum * 31 + (one.codePointAt(0) ?? 0)) % 360, 7);
}

/**
 * @param {Store} store
 * @param {HTMLElement} people
 * @param {HTMLElement} list whose rows have the ids of their items
 */
export function makePeople(store, people, list) {
  return {
    /** Shows the others which item is being edited, or none. @param {string | null} id */
    editing(id) {
      const index = id === null ? -1 : store.state.todos.findIndex((todo) => todo?.id === id);
      const item = index < 0 ? null : store.presence.anchor(["todos", index]);
      store.presence.update({ item });
    },

    /** Draws who is here; after the rows. */
    render() {
      const todos = Array.isArray(store.state?.todos) ? store.state.todos : [];
      const others = store.presence.others.map((peer) => read(peer.presence, todos));
      const own = read(store.presence.self.presence, todos).name;
      const names = [`You are ${own}`].concat(
        others.map(({ name, item }) =>
          item ? `${name}, editing “${String(item.text).slice(0, TEXT_CHARS_MAX)}”` : name,
        ),
      );
      const hues = [own, ...others.map(({ name }) => name)].map(hue);
      if (people.dataset.shown !== names.join()) {
        people.dataset.shown = names.join();
        people.replaceChildren(
          ...names.map((text, index) => {
            const entry = document.createElement("li");
            entry.style.setProperty("--hue", String(hues[index]));
            entry.textContent = text;
            return entry;
          }),
        );
      }
      for (const row of /** @type {Iterable<HTMLElement>} */ (list.children)) {
        const here = others.filter(({ item }) => item && item.id === row.dataset.id);
        const mark = row.querySelector("[data-role=editors]");
        const text = here.map(({ name }) => name).join(", ");
        if (mark && mark.textContent !== text) mark.textContent = text;
      }
    },
  };
}
