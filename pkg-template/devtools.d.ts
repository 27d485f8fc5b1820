import type { SyncedStore } from "./index.js";

/**
 * Shows a store in the Redux DevTools, the browser extension: each change that comes into the document is an action, with its label (or `update`), its operations and its origin.
 *
 * Jumping to a state shows it here and nowhere else: nothing is sent, and the next change that comes, by whomever, or Commit, Reset or Revert, shows the present again.
 * What the app writes meanwhile is refused with `unavailable`, for it was made of a state that is not there; that ends the view too.
 * Without the extension nothing happens.
 *
 * @returns what ends it; disposing of the store ends it too
 */
export function connectDevtools(
  store: SyncedStore<any, any>,
  options?: {
    /** @defaultValue `draftsync: ` and the room's name */
    name?: string | undefined;
  },
): () => void;
