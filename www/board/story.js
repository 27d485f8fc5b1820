// @ts-check
// What came out of a conflict, in sentences: each is read from what the stores hold now, and from
// what the room has told them of their edits.

import { COLUMN_NAMES, cardOf, isSame, placeOf, visibleCards } from "./cards.js";

/** @typedef {import("./conflict.js").Conflict} Conflict */
/** @typedef {import("./conflict.js").Deed} Deed */
/** @typedef {{ about: string, text: string }} Sentence */
/** @typedef {import("./cards.js").ShownCard} ShownCard */
/** @typedef {import("./cards.js").Shown} Shown */

/**
 * @param {Conflict} conflict
 * @returns {Promise<Sentence[]>}
 */
export async function story({ before, deeds }) {
  // Before anything is awaited: a moment later somebody may have edited on.
  const boards = deeds.map(({ pane }) => pane.store.state);
  const [board] = boards;
  const now = cardOf(board, before.id);
  const told = await Promise.all(deeds.map(outcome));
  return [
    {
      about: "same",
      text: boards.every((other) => isSame(board, other))
        ? "Both panes show the same board again."
        : "The panes do not show the same board: somebody is editing on.",
    },
    ...(now ? cardStory(before, now, board, deeds) : [{ about: "gone", text: goneText(before) }]),
    { about: "added", text: deeds.map((deed) => addedText(board, deed)).join(" ") },
    { about: "lost", text: told.join(" ") },
  ];
}

/** @param {ShownCard} before */
function goneText(before) {
  return `Somebody else deleted “${before.title}” meanwhile, and what is deleted stays away.`;
}

/**
 * @param {ShownCard} before
 * @param {ShownCard} now
 * @param {Shown} board
 * @param {readonly Deed[]} deeds
 * @returns {Sentence[]}
 */
function cardStory(before, now, board, deeds) {
  const authors = deeds.filter(({ title }) => title === now.title);
  const others = deeds.filter(({ title }) => title !== now.title);
  const whose = authors.length > 0 ? `, as ${names(authors)} wrote` : ", by somebody else";
  const overwritten = others.map(({ pane, title }) => `${pane.name}’s “${title}”`).join(" and ");

  const each = deeds.map(({ pane }) => `1 from ${pane.name}`).join(" + ");
  const sum = before.votes + deeds.length;
  const more = now.votes === sum ? "no vote is lost" : "somebody else has changed them too";

  const column = placeOf(board, before.id)?.column ?? "todo";
  const movers = deeds.filter((deed) => deed.column === column);
  const vain = deeds.filter((deed) => deed.column !== column);
  const where = movers.length > 0 ? `, where ${names(movers)} moved it` : "";
  const instead = vain.map(
    (deed) => `${deed.pane.name} had moved it to ${COLUMN_NAMES[deed.column]}`,
  );
  const cards = visibleCards(board);
  const copies = Object.values(cards)
    .flat()
    .filter(({ id }) => id === before.id).length;

  return [
    {
      about: "title",
      text: `Title: “${now.title}” stands${whose}. ${overwritten} came before it in the room’s order.`,
    },
    {
      about: "votes",
      text: `Votes: ${before.votes} before + ${each} = ${now.votes} now; ${more}.`,
    },
    {
      about: "column",
      text: `Place: it is in ${COLUMN_NAMES[column]}${where}; ${instead.join(" and ")}. There ${
        copies === 1 ? "is one card, not two" : `are ${copies} cards`
      }.`,
    },
  ];
}

/** @param {readonly Deed[]} deeds */
function names(deeds) {
  return deeds.map(({ pane }) => pane.name).join(" and ");
}

/**
 * @param {Shown} board
 * @param {Deed} deed
 */
function addedText(board, { pane, added }) {
  const column = placeOf(board, added.id)?.column;
  if (!column) return `${pane.name}’s new card is not there any more.`;
  return `${pane.name}’s new card is there, in ${COLUMN_NAMES[column]}.`;
}

/**
 * What the room has told one of them of the four edits.
 * @param {Deed} deed
 */
async function outcome({ pane, changes }) {
  const ends = await Promise.allSettled(changes.map(({ confirmed }) => confirmed));
  const lost = ends.flatMap((end) => (end.status === "fulfilled" ? end.value.lost : []));
  const refused = ends.filter((end) => end.status === "rejected").length;
  const rebased = ends.filter((end) => end.status === "fulfilled" && end.value.rebased).length;
  const losses = lost.map(({ op, reason }) => `“${op.op} ${op.path}” (${reason})`);
  const parts = [
    lost.length > 0 ? `lost ${losses.join(", ")}` : "no operation of the edits was lost",
    rebased > 0 ? `${rebased} of ${changes.length} were rebased over the other’s` : "",
    refused > 0 ? `${refused} were refused` : "",
  ];
  return `${pane.name} was told: ${parts.filter(Boolean).join(", ")}.`;
}
