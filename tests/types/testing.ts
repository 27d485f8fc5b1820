// draftsync/testing.

import { SyncedStore, type Json, type PatchOp } from "draftsync";
import { createTestServer, type TestServer } from "draftsync/testing";
import { expectType } from "./expect.js";

const server = createTestServer();
expectType<TestServer>()(server);
createTestServer({ latency: 20, loss: 0, seed: 1 });
createTestServer({ latency: [0, 20], authorize: ({ token }) => token === "ada" });
createTestServer({
  authorize({ room, clientId, token, change }) {
    expectType<string>()(room);
    expectType<string>()(clientId);
    expectType<string | undefined>()(token);
    if (change) expectType<readonly PatchOp[]>()(change.patches);
    return change ? true : "read";
  },
});
createTestServer({ authorize: ({ token }) => ({ user: { name: token ?? "?" }, write: false }) });
// @ts-expect-error an answer is needed
createTestServer({ authorize: () => {} });
// @ts-expect-error it answers at once
createTestServer({ authorize: async () => true });

const { WebSocket } = server;
new SyncedStore(server.url("room"), { initial: { n: 0 }, WebSocket });
expectType<Json | undefined>()(server.document("room"));
expectType<Promise<void>>()(server.settled({ timeoutMs: 100 }));
const [first] = server.log("room");
expectType<number | undefined>()(first?.version);
// @ts-expect-error the log is the room's
server.log("room").pop();
server.restart({ keep: false });
server.setNetwork({ loss: 0.5 });
server.expireTokens();
server.dispose();
