// The entry without wasm.

import { SyncedStore, init } from "draftsync/slim";
import wasmUrl from "draftsync/core.wasm";
import { expectType } from "./expect.js";

expectType<Promise<void>>()(init(wasmUrl));
void init(new URL("https://example.org/core.wasm"));
void init(fetch("/core.wasm"));
void init(new Uint8Array([0]));
// @ts-expect-error it needs a source
void init();
const store = new SyncedStore("/rooms/a", { initial: { n: 0 } });
expectType<number>()(store.state.n);
