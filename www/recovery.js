// @ts-check
// A server that keeps its rooms in memory forgets them when it ends. The list then begins again, for
// everybody; but each window still has what it showed. This says so and offers that copy.

import { putBack } from "./todos.js";

/** @typedef {import("./todos.js").Board} Board */
/** @typedef {import("/pkg/index.js").SyncedStore<Board, any>} Store */

/**
 * @param {Store} store
 * @param {ReturnType<typeof import("./notices.js").makeNotices>} notices
 * @param {(recipe: (draft: Board) => void) => void} edit
 */
export function watchForLoss(store, notices, edit) {
  /**
   * What this window had when the storage failed, until it is known what came of it.
   * @type {{ board: Board, loaded: boolean, dismiss: () => void } | undefined}
   */
  let copy;

  store.on("error", (error) => {
    if (error.code !== "storage") return;
    copy?.dismiss();
    const dismiss = notices.show({ kind: "warning", text: error.message });
    const { reason } = /** @type {{ reason?: string }} */ (error.details ?? {});
    // That this browser keeps nothing says nothing of the room.
    if (reason === "not-kept" || reason === "corrupt") return;
    // The state is replaced and never changed, so keeping it is enough.
    copy = { board: /** @type {Board} */ (store.state), loaded: false, dismiss };
  });

  store.on("patch", ({ origin }) => {
    if (copy && origin === "load") copy.loaded = true;
  });

  store.status.subscribe(({ state }) => {
    if (state !== "connected" || !copy) return;
    const { board, loaded, dismiss } = copy;
    copy = undefined;
    // Without a new document the storage had failed only for a moment, and all is as it was.
    if (!loaded) return;
    dismiss();
    notices.show({
      kind: "warning",
      text:
        "The server restarted and keeps rooms only in its memory, so it no longer had this one. " +
        "The list began again. This window still has the list as it was.",
      action: { label: "Put it back", run: () => edit((draft) => putBack(draft, board)) },
    });
  });
}
