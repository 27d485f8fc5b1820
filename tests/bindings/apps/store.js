// @ts-check
import { SyncedStore } from "draftsync";

/** @typedef {{ id: string, text: string, done: boolean }} Item */

export const store = new SyncedStore("ws://127.0.0.1:7700/rooms/groceries", {
  initial: { items: /** @type {Item[]} */ ([]) },
});
