// @ts-check
// One person at the board: a replica of the room, with a socket of its own, and every edit.

import { SyncedStore } from "/pkg/index.js";
import { initial } from "./cards.js";

/** @typedef {import("./cards.js").Board} Board */
/** @typedef {import("./cards.js").Card} Card */
/** @typedef {import("./cards.js").Place} Place */
/** @typedef {Omit<import("/pkg/index.js").SyncedStoreOptions<Board>, "initial">} Options */
/** @typedef {ReturnType<typeof openBoard>} Person */

/** @param {string} room @param {HTMLTextAreaElement} note @param {Options} options */
export function openBoard(room, note, options) {
  const store = new SyncedStore(`/rooms/${room}`, { initial, ...options });
  store.text("/note").bind(note);

  /** @param {string} label @param {(board: import("/pkg/index.js").Draft<Board>) => void} recipe */
  const edit = (label, recipe) => store.update(recipe, { label });
  return {
    store,
    /** @param {Card} card */
    add: (card) => edit("add", (board) => void board.todo.push(card)),
    /** @param {Place} at @param {string} title */
    rename: ({ column, index }, title) =>
      edit("rename", (board) => void (board[column][index].title = title)),
    /** @param {Place} at */
    vote: ({ column, index }) =>
      store.transact(() => store.counter([column, index, "votes"]).add(1), { label: "vote" }),
    /** @param {Place} from @param {Place} to */
    move: (from, to) =>
      edit("move", (board) => {
        const [card] = board[from.column].splice(from.index, 1);
        board[to.column].splice(to.index, 0, card);
      }),
    /** @param {Place} at */
    remove: ({ column, index }) => edit("delete", (board) => void board[column].splice(index, 1)),
  };
}
