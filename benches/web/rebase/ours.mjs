// @ts-check
// A store with changes that wait, and those of others: all in the welcome after a time offline, or
// one by one while the first own change is under way.

import { connected } from "../contenders/ours.mjs";
import { document } from "../document.mjs";
import { arrived, change, welcome, welcomeBack } from "../frames.mjs";
import { patchOf } from "./edits.mjs";

/**
 * @import { Doc } from "../document.mjs"
 * @import { Edit } from "./edits.mjs"
 * @import { Kind } from "./index.mjs"
 */

/** @param {Edit} edit @returns {(draft: Doc) => void} */
const recipe = (edit) => (draft) => {
  if (edit.kind === "set") draft.items[edit.at].done = edit.done;
  else if (edit.kind === "insert") draft.items.splice(edit.at, 0, edit.item);
  else draft.items.splice(edit.at, 1);
};

/** @type {Kind} */
export const ours = {
  id: "ours",
  prepare(n, theirs) {
    const first = welcome(JSON.stringify(document(n)));
    const patches = theirs.map(patchOf);
    const frames = {
      once: [arrived(welcomeBack(patches))],
      each: patches.map((patch, i) => arrived(change(patch, i + 2))),
    };
    return (mine, how) => {
      const { store, sockets } = connected();
      sockets[0].onmessage({ data: first });
      if (how === "once") store.disconnect();
      for (const edit of mine) store.update(recipe(edit));
      if (how === "once") {
        store.connect();
        sockets[1].onopen();
      }
      const socket = sockets[sockets.length - 1];
      if (store.status.value.pending !== mine.length) throw new Error("not all changes wait");
      socket.sent.length = 0;
      return {
        take() {
          let read = false;
          for (const frame of frames[how]) {
            socket.onmessage({ data: frame });
            read = store.state.items[0].done;
          }
          return read;
        },
        items: () => /** @type {Doc} */ (store.state).items,
        pushed() {
          if (how === "each") return undefined; // The first is under way, and the others wait for it.
          const { changes } = JSON.parse(socket.sent[0]);
          if (changes.length !== mine.length) throw new Error("not all changes were pushed");
          return changes.map((/** @type {{ patch: unknown }} */ { patch }) =>
            JSON.stringify(patch),
          );
        },
        close: () => store.dispose(),
      };
    };
  },
};
