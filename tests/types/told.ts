// Being told: the status, events and errors.

import { DisposedError, RejectedError, SyncedStore, SyncedStoreError } from "draftsync";
import type { Change, ErrorCode, PatchEvent, Readable, Status } from "draftsync";
import { expectType } from "./expect.js";

declare const store: SyncedStore<{ n: number }>;

/** Compiles only as long as every state is named here. */
function words(status: Status): string {
  switch (status.state) {
    case "loading":
      return "loading";
    case "connecting":
      return `attempt ${status.attempt}`;
    case "connected":
      return status.synced ? "saved" : `${status.pending} to save`;
    case "offline":
      return status.retryAt === null ? "offline" : `again in ${status.retryAt - Date.now()} ms`;
    case "needs-auth":
    case "failed":
      return status.error.code;
    case "closed":
      return "closed";
  }
}

expectType<Readable<Status>>()(store.status);
expectType<string>()(words(store.status.value));
expectType<() => void>()(store.status.subscribe((status) => words(status)));
// @ts-expect-error the status is told, not set
store.status.value = { state: "closed", pending: 0 };

store.on("patch", (event) => expectType<PatchEvent>()(event));
store.on("status", (event) => expectType<Status>()(event), { once: true });
store.on("error", (event) => expectType<SyncedStoreError>()(event));
const off = store.on(
  "rejected",
  ({ change, error }) => {
    expectType<Change>()(change);
    expectType<RejectedError>()(error);
  },
  { signal: new AbortController().signal },
);
expectType<() => void>()(off);
// @ts-expect-error no such event
store.on("nothing", () => {});

try {
  store.update(() => {});
} catch (error) {
  if (error instanceof DisposedError) expectType<ErrorCode>()(error.code);
  if (error instanceof SyncedStoreError && error.code === "queue-full") {
    expectType<boolean>()(error.retryable);
    expectType<string>()(error.docs);
  }
  // @ts-expect-error a code that is not in the list
  if (error instanceof SyncedStoreError && error.code === "queue-ful") throw error;
}
