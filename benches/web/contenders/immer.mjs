// @ts-check
// Immer: patches made and applied, and nothing else.

import { Immer, enablePatches, freeze } from "immer";
import { change } from "../frames.mjs";
import { toggle, toggleAll, unshift } from "./replica.mjs";

/**
 * @import { Doc, Item } from "../document.mjs"
 * @import { Contender, Replica } from "./replica.mjs"
 */

enablePatches();

/** @implements {Replica} */
class WithImmer {
  /** @type {string[]} */
  sent = [];

  /** @param {Immer} immer @param {Doc} state */
  constructor(immer, state) {
    this.immer = immer;
    this.state = state;
  }

  /** @param {(draft: Doc) => void} recipe */
  #update(recipe) {
    const [state, patches] = this.immer.produceWithPatches(this.state, recipe);
    this.state = state;
    this.sent.push(JSON.stringify(patches));
  }

  /** @param {number} k */
  toggle(k) {
    this.#update(toggle(k));
  }

  /** @param {Item} item */
  unshift(item) {
    this.#update(unshift(item));
  }

  /** @param {number[]} ks */
  toggleAll(ks) {
    this.#update(toggleAll(ks));
  }

  /** @param {string} frame */
  receive(frame) {
    this.state = this.immer.applyPatches(this.state, JSON.parse(frame).patch);
  }

  /** @param {Doc} before */
  undo(before) {
    this.state = before;
  }
}

/** @param {string} id @param {boolean} autoFreeze @returns {Contender} */
function contender(id, autoFreeze) {
  const immer = new Immer({ autoFreeze });
  return {
    id,
    connect: () => (welcome) => {
      const { snapshot } = JSON.parse(welcome);
      // What Immer would do at the first edit.
      return new WithImmer(immer, autoFreeze ? freeze(snapshot, true) : snapshot);
    },
    relay: change,
  };
}

export const immerFreezing = contender("immer", true);
export const immerLoose = contender("immer-loose", false);
