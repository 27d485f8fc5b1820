// @ts-check
// Both go offline, edit the same card, and come back. What is told of it in `story.js` is read from
// what came out.

import { COLUMNS, isSame, newCard, placeBefore, placeOf, visibleCards } from "./cards.js";
import { isCalm } from "../slide.js";

/** @typedef {import("./cards.js").Column} Column */
/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {import("/pkg/index.js").Change} Change */

/**
 * What one of them did while offline.
 * @typedef {object} Deed
 * @property {Pane} pane
 * @property {string} title that the card was given
 * @property {Column} column that the card was moved to
 * @property {import("./cards.js").Card} added
 * @property {Change[]} changes
 */

/**
 * @typedef {object} Conflict
 * @property {import("./cards.js").ShownCard} before the card, as both knew it
 * @property {readonly Deed[]} deeds
 */

/** How long the network may take; with the slowest line it is half a minute. */
const DEADLINE_MS = 90_000;
/** States that no store leaves by itself. */
const STUCK = ["failed", "closed", "needs-auth"];
/** A moment to look at what has just happened. */
const LOOK_MS = 400;

/**
 * @param {readonly Pane[]} panes
 * @param {(sentence: string) => void} say what is going on
 * @returns {Promise<Conflict>} rejects when the network takes too long
 */
export async function makeConflict(panes, say) {
  say("Waiting until both have the same board…");
  for (const pane of panes) pane.goOffline(false);
  await agreed(panes);
  const before = await someCard(panes);
  if (!before) throw new Error("This board has no place for a card.");

  say("Both go offline…");
  for (const pane of panes) pane.goOffline(true);
  /** @type {Deed[]} */
  let deeds;
  try {
    await moment();
    say("Each edits the same card, without knowing of the other…");
    const here = placeOf(panes[0].store.state, before.id)?.column;
    const elsewhere = COLUMNS.filter((column) => column !== here);
    deeds = panes.map((pane, n) => act(pane, before, elsewhere[n % elsewhere.length]));
    await moment();
    say("Both come back…");
  } finally {
    for (const pane of panes) pane.goOffline(false);
  }
  await agreed(panes);
  return { before, deeds };
}

/**
 * The card that both will edit: the first, or a new one where there is none.
 * @param {readonly Pane[]} panes
 * @returns {Promise<import("./cards.js").ShownCard | undefined>} nothing where no card can be
 */
async function someCard(panes) {
  const [{ store, edit, person }] = panes;
  const first = () => {
    const cards = visibleCards(store.state);
    return COLUMNS.flatMap((column) => cards[column])[0];
  };
  if (!first()) edit(() => person.add(newCard("A card to quarrel about")));
  await agreed(panes);
  return first();
}

/**
 * One step of the history, of four edits.
 * @param {Pane} pane
 * @param {import("./cards.js").ShownCard} card
 * @param {Column} column
 * @returns {Deed}
 */
function act(pane, card, column) {
  const { name, store, edit, person } = pane;
  /** @type {Change[]} */
  const changes = [];
  // A second conflict about the card gives it another title, and not a longer one.
  const title = `${card.title.replace(/ \(.*\)$/, "")} (${name}’s words)`;
  const added = newCard(`New from ${name}`);
  const end = store.history.group("the conflict");
  edit(() => {
    const at = placeOf(store.state, card.id);
    if (at) {
      changes.push(person.rename(at, title), person.vote(at));
      changes.push(person.move(at, placeBefore(store.state, card.id, column, null)));
    }
    changes.push(person.add(added));
  });
  end();
  return { pane, title, column, added, changes };
}

/**
 * Resolves when all are connected, have nothing to send, and show the same board.
 * @param {readonly Pane[]} panes
 * @returns {Promise<void>}
 */
function agreed(panes) {
  return new Promise((resolve, reject) => {
    /** @type {(() => void)[]} */
    const offs = [];
    const end = () => {
      clearTimeout(timer);
      for (const off of offs) off();
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error("The server did not answer in time; is it running?"));
    }, DEADLINE_MS);
    const look = () => {
      const stuck = panes.find(({ store }) => STUCK.includes(store.status.value.state));
      if (stuck) {
        end();
        return reject(new Error(`${stuck.name} cannot connect any more; load the page again.`));
      }
      if (!panes.every(({ store }) => isSynced(store.status.value))) return;
      const [first, ...others] = panes.map(({ store }) => store.state);
      if (!others.every((other) => isSame(first, other))) return;
      end();
      resolve();
    };
    for (const { store } of panes) {
      offs.push(store.subscribe(look), store.on("status", look));
    }
    look();
  });
}

/** @param {import("/pkg/index.js").Status} status */
function isSynced(status) {
  return status.state === "connected" && status.synced;
}

/** @returns {Promise<void>} */
function moment() {
  return new Promise((resolve) => setTimeout(resolve, isCalm() ? 0 : LOOK_MS));
}
