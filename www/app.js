// @ts-check
// The page: one store, and the views that show it.

import { SyncedStore } from "/pkg/index.js";
import { indexedDB } from "/pkg/indexeddb.js";
import { makeConnection } from "./connection.js";
import { ListView } from "./list.js";
import { makeNotices } from "./notices.js";
import { byId, copyText, roomName, sentence, soon } from "./page.js";
import { anybody, makePeople } from "./people.js";
import { watchForLoss } from "./recovery.js";
import { makeTitle } from "./title.js";
import * as todos from "./todos.js";
import { makeWire } from "./wire.js";

/** @typedef {import("./todos.js").Board} Board */
/** @typedef {import("./todos.js").Todo} Todo */

const asked = new URLSearchParams(location.search).get("room") || "demo";
const room = roomName(asked) || "demo";
const socketOrigin = location.origin.replace(/^http/, "ws");
const notices = makeNotices(byId("notices"));
if (room !== asked) {
  notices.show({ kind: "info", text: `“${asked}” cannot name a room; this is “${room}” instead.` });
}

/** @type {import("./people.js").Store} */
const store = new SyncedStore(`${socketOrigin}/rooms/${room}`, {
  initial: todos.initial,
  presence: anybody(),
  persist: indexedDB(),
  // Errors are shown by the listener below.
  onError: () => {},
});

/** @param {string} sentence */
function announce(sentence) {
  byId("announce").textContent = sentence;
}

/**
 * The items that can be shown. A room is open to every client, so this page takes nothing for
 * granted about what others have put there.
 * @returns {readonly Todo[]}
 */
function visibleTodos() {
  /** @type {unknown} */
  const list = store.state?.todos;
  if (!Array.isArray(list)) return [];
  const seen = new Set();
  return list.filter((item) => {
    if (typeof item?.id !== "string" || typeof item.text !== "string" || seen.has(item.id)) {
      return false;
    }
    seen.add(item.id);
    return true;
  });
}

const list = new ListView(
  byId("list"),
  byId("row"),
  {
    check: (id, done) => edit((draft) => todos.checkTodo(draft, id, done)),
    edit: (id, text) => edit((draft) => todos.editTodo(draft, id, text)),
    remove: (id) => edit((draft) => todos.removeTodo(draft, id)),
    editing: (id) => people.editing(id),
    move: (id, beforeId) => edit((draft) => todos.moveTodo(draft, id, beforeId)),
    step(id, step) {
      const beforeId = todos.neighbour(visibleTodos(), id, step);
      if (beforeId === undefined) return false;
      edit((draft) => todos.moveTodo(draft, id, beforeId));
      const now = visibleTodos();
      const index = now.findIndex((item) => item.id === id);
      if (index >= 0) announce(`${now[index].text}: ${index + 1} of ${now.length}`);
      return true;
    },
    orphan(text) {
      notices.show({
        kind: "info",
        text: `Somebody deleted the item while you were typing “${text}”.`,
        action: {
          label: "Add it again",
          run: () => edit((draft) => todos.addTodo(draft, text)),
        },
      });
    },
  },
  () => byId("new-text").focus(),
);

const title = makeTitle(byId("title-text"), byId("title-edit"), (text) =>
  edit((draft) => {
    draft.title = text;
  }),
);

/**
 * Edits the document and shows the result at once.
 * @param {(draft: Board) => void} recipe
 */
function edit(recipe) {
  try {
    store.update((draft) => recipe(draft));
  } catch (error) {
    showError(error);
  }
  render();
}

const people = makePeople(store, byId("people"), byId("list"));

let shown = false;
let fromOthers = false;

/** Draws what the store holds now. Before anything true has arrived there is nothing to show. */
function render() {
  if (!shown) return;
  const items = visibleTodos();
  const done = items.filter((item) => item.done).length;
  list.render(items, fromOthers);
  fromOthers = false;
  byId("empty").hidden = items.length > 0;
  byId("count").textContent =
    items.length > 0 ? `${items.length - done} of ${items.length} left` : "";
  byId("clear").hidden = done === 0;
  people.render();
  title.render(String(store.state?.title ?? ""));
  document.title = `${items.length - done} left · ${room} · draftsync`;
}

function start() {
  shown = true;
  byId("list").setAttribute("aria-busy", "false");
  render();
}

/** @param {unknown} error */
function showError(error) {
  notices.show({ kind: "warning", text: sentence(error) });
}

const wire = makeWire(byId("wire"), byId("wire-empty"));
const connection = makeConnection(
  {
    pill: byId("pill"),
    pillText: byId("pill-text"),
    text: byId("connection-text"),
    pending: byId("pending"),
    toggle: byId("offline"),
  },
  store,
  announce,
);

const renderSoon = soon(render);
store.subscribe(renderSoon);
store.presence.subscribe(renderSoon);
store.on("patch", (event) => {
  if (event.origin === "remote") fromOthers = true;
  wire.add(event);
});
store.on("rejected", ({ error }) => {
  const reason =
    error.code === "rejected" ? "somebody had changed what it depended on." : error.message;
  notices.show({
    kind: "warning",
    text: `The server refused an edit, so it was undone here: ${reason}`,
  });
});
store.on("error", (error) => {
  if (error.code !== "storage") showError(error);
});
watchForLoss(store, notices, edit);
// Before the store has tried to connect there is nothing to tell.
queueMicrotask(() =>
  store.status.subscribe((status) => {
    connection.show(status);
    // Without a server the examples are better than an empty page.
    if (status.state === "offline" || status.state === "failed") start();
  }),
);
store.ready.then(start, showError);

byId("new").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = /** @type {HTMLInputElement} */ (byId("new-text"));
  const text = field.value.trim();
  if (text === "") return;
  field.value = "";
  edit((draft) => todos.addTodo(draft, text));
  byId("list").lastElementChild?.scrollIntoView({ block: "nearest" });
});
byId("clear").addEventListener("click", () => {
  edit(todos.clearDone);
  byId("new-text").focus();
});

byId("room").textContent = room;
const link = new URL(location.pathname, location.href);
link.searchParams.set("room", room);
/** @type {HTMLAnchorElement} */ (byId("another")).href = link.href;
byId("copy").addEventListener("click", async () => {
  if (await copyText(byId("copy"), link.href)) announce("Link copied");
  else notices.show({ kind: "info", text: `The address of this room: ${link.href}` });
});

// For the console, as the page says.
Object.assign(globalThis, { store });
