// @ts-check
// What one person sees: the board, and what can be done to the connection and the history.

import { makeConnection } from "../connection.js";
import { byId, fromTemplate, part, soon } from "../page.js";
import { newCard } from "./cards.js";
import { cardActions, editing } from "./edits.js";
import { Lanes } from "./lanes.js";
import { makePatches } from "./patches.js";
import { openBoard } from "./person.js";
import { makeSteps } from "./steps.js";
import { slowSockets } from "./slow.js";

/** @typedef {ReturnType<typeof makePane>} Pane */

/**
 * @param {HTMLElement} parent
 * @param {{ name: string, room: string, announce: (sentence: string) => void, report: (sentence: string) => void }} given
 */
export function makePane(parent, { name, room, announce, report }) {
  const section = makeSection(parent, name);
  /** @param {string} text */
  const complain = (text) => report(`${name}: ${text}`);
  const person = openBoard(room, part(section, "note"), {
    WebSocket: slowSockets(makeLatency(section)),
    onError: (error) => complain(error.message),
  });
  const { store } = person;

  let shown = false;
  const draw = () => {
    if (shown) lanes.render(store.state);
  };
  /** Before anything true has arrived there is nothing to show. */
  const show = () => {
    shown = true;
    section.setAttribute("aria-busy", "false");
    draw();
  };

  const edit = editing(draw, complain);
  const newTitle = makeNew(section, (title) => edit(() => person.add(newCard(title))));
  const lanes = new Lanes(
    part(section, "lanes"),
    byId("ticket"),
    cardActions(person, edit, announce),
    () => newTitle.focus(),
  );
  makeSteps(section, store.history, edit);
  store.subscribe(soon(draw));

  store.on("patch", makePatches(section, announce).add);
  store.on("rejected", ({ error }) => complain(`an edit was refused: ${error.message}`));
  const connection = makeConnection(
    {
      pill: part(section, "pill"),
      pillText: part(section, "pill-text"),
      text: part(section, "connection-text"),
      pending: part(section, "pending"),
      toggle: part(section, "online"),
    },
    store,
    (news) => announce(`${name}: ${news}`),
  );
  // Before the store has tried to connect there is nothing to tell.
  queueMicrotask(() =>
    store.status.subscribe((status) => {
      connection.show(status);
      // Without a server the examples are better than an empty page.
      if (status.state === "offline" || status.state === "failed") show();
    }),
  );
  // What goes wrong here is told as an error too.
  store.ready.then(show, () => {});

  return { name, person, store, edit, goOffline: connection.goOffline };
}

/**
 * @param {HTMLElement} parent
 * @param {string} name
 */
function makeSection(parent, name) {
  /** @type {HTMLElement} */
  const section = fromTemplate(byId("pane"));
  const heading = part(section, "name");
  heading.textContent = name;
  heading.id = `pane-${name}`;
  section.setAttribute("aria-labelledby", heading.id);
  section.dataset.name = name;
  parent.append(section);
  return section;
}

/**
 * The slider; returns what says how long a frame takes now.
 * @param {HTMLElement} section
 */
function makeLatency(section) {
  const slider = /** @type {HTMLInputElement} */ (part(section, "latency"));
  const text = part(section, "latency-text");
  const show = () => {
    text.textContent = `${slider.valueAsNumber.toLocaleString("en")} ms`;
    slider.setAttribute("aria-valuetext", `${slider.value} milliseconds each way`);
  };
  slider.addEventListener("input", show);
  show();
  return () => slider.valueAsNumber;
}

/**
 * The field for new cards.
 * @param {HTMLElement} section
 * @param {(title: string) => void} add
 */
function makeNew(section, add) {
  const field = /** @type {HTMLInputElement} */ (part(section, "new-title"));
  part(section, "new").addEventListener("submit", (event) => {
    event.preventDefault();
    const title = field.value.trim();
    field.value = "";
    if (title !== "") add(title);
  });
  return field;
}
