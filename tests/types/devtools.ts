// draftsync/devtools.

import { SyncedStore } from "draftsync";
import { connectDevtools } from "draftsync/devtools";
import { expectType } from "./expect.js";

declare const store: SyncedStore<{ n: number }>;
expectType<() => void>()(connectDevtools(store));
connectDevtools(store, { name: "groceries" })();
declare const present: SyncedStore<{ n: number }, { cursor: number }>;
connectDevtools(present);
// @ts-expect-error it is a store that is shown
connectDevtools(store.state);
