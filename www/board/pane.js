// @ts-check
// What one person sees: the board, and what can be done to the connection and the history.

import { makeConnection } from "../connection.js";
import { byId, fromTemplate, part, sentence } from "../page.js";
import {
  COLUMN_NAMES,
  cardOf,
  newCard,
  placeBefore,
  placeOf,
  stepTo,
  visibleCards,
} from "./cards.js";
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
  /** @type {HTMLElement} */
  const section = fromTemplate(byId("pane"));
  const heading = part(section, "name");
  heading.textContent = name;
  heading.id = `pane-${name}`;
  section.setAttribute("aria-labelledby", heading.id);
  section.dataset.name = name;
  parent.append(section);

  const latency = makeLatency(section);
  const person = openBoard(room, part(section, "note"), {
    WebSocket: slowSockets(latency),
    onError: (error) => report(`${name}: ${error.message}`),
  });
  const { store } = person;

  /** Edits, and shows the result at once. @param {() => unknown} run */
  function edit(run) {
    try {
      run();
    } catch (error) {
      report(`${name}: ${sentence(error)}`);
    }
    draw();
  }

  /**
   * A card is looked for when it is edited: where it was on the screen another may be by now.
   * @param {string} id
   * @param {(at: import("./cards.js").Place) => unknown} run
   */
  function editAt(id, run) {
    const at = placeOf(store.state, id);
    if (at) edit(() => run(at));
  }

  /** @type {import("./lanes.js").LaneActions["move"]} */
  function move(id, column, before) {
    const to = placeBefore(store.state, id, column, before);
    editAt(id, (from) => {
      if (from.column !== to.column || from.index !== to.index) person.move(from, to);
    });
  }

  const newTitle = /** @type {HTMLInputElement} */ (part(section, "new-title"));
  const lanes = new Lanes(
    part(section, "lanes"),
    byId("ticket"),
    {
      rename: (id, title) => editAt(id, (at) => person.rename(at, title)),
      vote: (id) => editAt(id, person.vote),
      remove: (id) => editAt(id, person.remove),
      move,
      step(id, way) {
        const to = stepTo(store.state, id, way);
        if (!to) return;
        move(id, to.column, to.before);
        announce(whereabouts(store.state, id));
      },
    },
    () => newTitle.focus(),
  );

  /** @type {HTMLFormElement} */ (part(section, "new")).addEventListener("submit", (event) => {
    event.preventDefault();
    const title = newTitle.value.trim();
    if (title === "") return;
    newTitle.value = "";
    edit(() => person.add(newCard(title)));
  });

  let shown = false;
  let drawing = false;
  function draw() {
    drawing = false;
    if (shown) lanes.render(store.state);
  }
  /** A burst of changes is drawn once; a hidden window gets no animation frames. */
  function drawSoon() {
    if (drawing) return;
    drawing = true;
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  }
  /** Before anything true has arrived there is nothing to show. */
  function show() {
    shown = true;
    section.setAttribute("aria-busy", "false");
    draw();
  }

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
  const patches = makePatches(section, announce);
  makeSteps(section, store.history, edit);
  store.subscribe(drawSoon);
  store.on("patch", patches.add);
  store.on("rejected", ({ error }) => report(`${name}: an edit was refused: ${error.message}`));
  store.status.subscribe((status) => {
    connection.show(status);
    // Without a server the examples are better than an empty page.
    if (status.state === "offline" || status.state === "failed") show();
  });
  // What goes wrong here is told as an error too.
  store.ready.then(show, () => {});

  return { name, person, store, edit, goOffline: connection.goOffline };
}

/**
 * The slider; returns what says how long a frame takes now.
 * @param {HTMLElement} section
 */
function makeLatency(section) {
  const slider = /** @type {HTMLInputElement} */ (part(section, "latency"));
  const output = part(section, "latency-text");
  const show = () => {
    output.textContent = `${slider.valueAsNumber.toLocaleString("en")} ms`;
    slider.setAttribute("aria-valuetext", `${slider.value} milliseconds each way`);
  };
  slider.addEventListener("input", show);
  show();
  return () => slider.valueAsNumber;
}

/**
 * Where a card is, in words.
 * @param {import("./cards.js").Shown} board
 * @param {string} id
 */
function whereabouts(board, id) {
  const column = placeOf(board, id)?.column;
  if (!column) return "";
  const cards = visibleCards(board)[column];
  const index = cards.findIndex((card) => card.id === id);
  return `${cardOf(board, id)?.title}: ${COLUMN_NAMES[column]}, ${index + 1} of ${cards.length}`;
}
