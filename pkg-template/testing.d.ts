import type { Json, PatchOp } from "./index.js";

/** How the pretended network behaves. */
export interface NetworkOptions {
  /**
   * How many milliseconds a frame takes, each way; of a range each frame has its own, and frames of one connection never overtake one another.
   *
   * @defaultValue 0: frames arrive in a microtask, and no timer is needed
   */
  latency?: number | readonly [min: number, max: number] | undefined;
  /**
   * How probable it is, for each frame, that its connection is cut in its place: a WebSocket loses connections, not frames.
   *
   * @defaultValue 0
   */
  loss?: number | undefined;
}

/** What a test server is made with. */
export interface TestServerOptions extends NetworkOptions {
  /**
   * Chance comes from this whole number, so that the same frames have the same fate each time.
   *
   * @defaultValue 1
   */
  seed?: number | undefined;
  /**
   * Says who may enter and what is taken; everybody and everything, where there is none.
   *
   * It is asked for each client that connects or brings a newer token, with no `change`: `true` lets it in, `"read"` lets it in and its changes are rejected as `forbidden`, `false` refuses it as `forbidden` and `"unauthorized"` asks for other credentials; an object lets it in as a `user`, whom others see beside its presence.
   * And it is asked for each change that is offered, again when it is offered again: when the answer is not one that lets a client write, the room rejects the change, and decides those after it without it.
   * It answers at once, and what it throws is not caught.
   */
  authorize?: ((asked: AuthorizeRequest) => Authorized) | undefined;
}

/** What `authorize` answers; `write` is `true` where it is not said. */
export type Authorized =
  | boolean
  | "read"
  | "unauthorized"
  | { readonly user?: Json | undefined; readonly write?: boolean | undefined };

/** What `authorize` is asked. */
export interface AuthorizeRequest {
  /** The room's name. */
  readonly room: string;
  /** The {@link "index".SyncedStore.clientId} of who asks. */
  readonly clientId: string;
  /** What the client has as `auth`. */
  readonly token: string | undefined;
  /** What it wants to change; nothing when it wants to enter. */
  readonly change: { readonly id: string; readonly patches: readonly PatchOp[] } | undefined;
}

/** A change as the room has taken it. */
export interface LoggedChange {
  /** The room's version with it. */
  readonly version: number;
  /** Whose it is. */
  readonly clientId: string;
  /** The `id` of what `update` has returned; empty for the room's first content. */
  readonly id: string;
  /** The operations, as the room's log has them. */
  readonly patches: readonly PatchOp[];
}

/** The rooms of a server, in this process. */
export interface TestServer extends Disposable {
  /** The address of a room. Stores need `WebSocket` with it; any other address whose path ends in `/rooms/name` serves too. */
  url(room: string): string;
  /** For the option `WebSocket` of stores: its sockets lead to this server. */
  readonly WebSocket: typeof WebSocket;
  /** Changes how the network behaves from now on, for what is sent from now on. */
  setNetwork(network: NetworkOptions): void;
  /** From here on nothing arrives and nobody can connect; connections that are there stay, and frames wait. */
  pause(): void;
  /** Ends the pause: what has waited arrives. */
  resume(): void;
  /** Cuts every connection, with what is on its way. Stores come again after a wait; after `pause()` they cannot before `resume()`. */
  cut(): void;
  /** Tells every client that its token is about to end, so that it is asked for a newer one. */
  expireTokens(): void;
  /** Ends the server's process and starts another, which has what was acknowledged, or with `keep: false` nothing. */
  restart(options?: { keep?: boolean | undefined }): void;
  /**
   * Resolves when no frame is on its way, and every store whose connection was lost has come again or was disposed of.
   *
   * Rejects after `timeoutMs` (5 000 by default) and says what it waits for.
   */
  settled(options?: { timeoutMs?: number | undefined }): Promise<void>;
  /** What the room holds; `undefined` before anybody has been there. */
  document(room: string): Json | undefined;
  /** The changes that the room has taken, in order, at most the last 10 000. */
  log(room: string): readonly LoggedChange[];
  /** Ends every connection and frees the rooms. Dispose of the stores too, or they go on trying to connect. */
  dispose(): void;
  /** Calls `dispose`; for `using`. */
  [Symbol.dispose](): void;
}

/** Makes a server without a network, for tests. */
export function createTestServer(options?: TestServerOptions): TestServer;
