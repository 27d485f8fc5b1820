// @ts-check
// Who is here. The core sends what this store shows and carries everybody's anchors along; the
// values are here, with the anchors in them as they read in the state.

import { anchor, hasMembers, swap } from "./anchors.js";
import { DisposedError, fault } from "./errors.js";
import { following } from "./listeners.js";

/** @import { Anchor, Peer, Presence as Shown } from "./index.js" */
/** @import { Replica } from "./replica.js" */

/**
 * What somebody shows.
 * @typedef {object} Face
 * @property {any} value with numbers in place of its anchors
 * @property {(Anchor | null)[]} places the anchors as the core has told them last
 * @property {any} user
 * @property {number} lastSeen
 * @property {any} [given] what the app gave, until the core has it
 * @property {Peer<any>} [peer] as it was handed out last
 */

const INTERVAL_MS = 50;

/** @implements {Shown<any>} */
export class Presence {
  #replica;
  #freeze;
  /** What each shows, by id; what this store shows, under "". @type {Map<string, Face>} */
  #faces = new Map();
  /** @type {readonly Peer<any>[]} */
  #value = [];
  /** @type {readonly Peer<any>[]} */
  #others = [];
  #told = this.#value;
  #telling = false;
  /** This store while it shows nothing. @type {Peer<any>} */
  #nobody = { id: "", self: true, user: null, presence: null, lastSeen: 0 };
  /** Runs while nothing may be sent. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Whether something is to be sent then. */
  #late = false;

  /**
   * @param {any} first
   * @param {Replica} replica
   * @param {boolean} development
   */
  constructor(first, replica, development) {
    this.#replica = replica;
    this.#freeze = development ? Object.freeze : (/** @type {any} */ value) => value;
    const { listeners } = replica;
    listeners.add("peer", (/** @type {any} */ peer) => this.#meet(peer));
    listeners.add("change", () => this.#changed());
    listeners.add("status", (/** @type {any} */ { state }) => state === "closed" && this.#end());
    if (first !== undefined) this.#show(first);
  }

  anchor = anchor;

  get value() {
    const { act, clientId } = this.#replica;
    for (const [id, anchors] of act((core) => core.movedAnchors()) ?? []) {
      const places = anchors.map((place) => place && anchor(place.path, place.pos));
      Object.assign(this.#faces.get(id ?? "") ?? {}, { places, peer: undefined });
    }
    const peers = [...this.#faces].map(([key, face]) => {
      const id = key || clientId;
      if (face.peer?.id === id) return face.peer;
      const { value, places, user, lastSeen } = face;
      const place = (/** @type {{ $anchor: number }} */ { $anchor }) => places[$anchor] ?? null;
      const presence = swap(value, "number", place, this.#freeze);
      return (face.peer = this.#freeze({ id, self: !key, user, presence, lastSeen }));
    });
    const value = this.#value;
    if (peers.length !== value.length || peers.some((peer, at) => peer !== value[at])) {
      this.#value = this.#freeze(peers);
      this.#others = this.#freeze(peers.filter((peer) => !peer.self));
    }
    // Who begins to listen knows what there was to read.
    if (!this.#heard) this.#told = this.#value;
    return this.#value;
  }

  get #heard() {
    return this.#replica.listeners.count("presence") > 0;
  }

  get others() {
    return this.value && this.#others;
  }

  get self() {
    const { clientId: id } = this.#replica;
    const self = this.value.find((peer) => peer.self);
    if (self) return self;
    if (this.#nobody.id !== id) this.#nobody = { ...this.#nobody, id };
    return this.#nobody;
  }

  get = () => this.value;

  subscribe = following(this.get, (tell) => this.#replica.listeners.add("presence", tell))
    .subscribe;

  /** @param {any} change */
  update(change) {
    if (this.#replica.disposed) throw new DisposedError();
    const before = this.self.presence;
    let next = change;
    if (typeof change === "function") {
      next = structuredClone(before ?? {});
      const returned = change(next);
      if (typeof returned?.then === "function") throw fault("invalid-patch", "async-recipe");
    } else if (hasMembers(change) && hasMembers(before)) next = { ...before, ...change };
    this.#show(next);
  }

  /** @param {any} given */
  #show(given) {
    const places = /** @type {Anchor[]} */ ([]);
    const number = (/** @type {Anchor} */ place) => ({ $anchor: places.push(place) - 1 });
    const value = swap(given, "string", number, (value) => value);
    const anchors = places.map(({ $anchor, pos }) => ({ path: $anchor, pos }));
    const now = this.#timer === undefined;
    const kept = this.#replica.act((core) => core.show(value, anchors, now));
    const face = { value, places, user: null, lastSeen: Date.now() };
    this.#faces.set("", kept === undefined ? { ...face, given } : { ...face, value: kept });
    if (now) this.#pace();
    else this.#late = true;
    this.#changed();
  }

  /** Lets nothing go for a while, and then the latest. */
  #pace() {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#late) return;
      this.#late = false;
      this.#replica.act((core) => core.showAgain());
      this.#pace();
    }, INTERVAL_MS);
  }

  /** @param {{ id: string, user?: any, value?: any } | undefined} peer nothing when nobody is here any more */
  #meet(peer) {
    const own = this.#faces.get("");
    if (peer?.value !== undefined) {
      const { id, user, value } = peer;
      this.#faces.set(id, { value, user, places: [], lastSeen: Date.now() });
    } else if (peer) this.#faces.delete(peer.id);
    else this.#faces = new Map(own && [["", own]]);
    this.#changed();
  }

  /** The document is another, or what somebody shows. */
  #changed() {
    const { listeners } = this.#replica;
    const own = this.#faces.get("");
    if (own && "given" in own && this.#replica.act(() => true)) {
      const { given } = own;
      delete own.given;
      try {
        return this.#show(given);
      } catch (error) {
        this.#faces.delete("");
        listeners.fail(/** @type {any} */ (error));
      }
    }
    // Whoever reads it finds it as it is then. What a listener changes is told after this.
    if (!this.#heard || this.#telling) return;
    this.#telling = true;
    while (this.#told !== (this.#told = this.value)) listeners.tell("presence", this.#told);
    this.#telling = false;
  }

  #end() {
    clearTimeout(this.#timer);
    this.#meet(undefined);
  }
}
