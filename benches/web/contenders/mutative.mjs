// @ts-check
// Mutative: patches made and applied, and nothing else.

import { apply, create } from "mutative";
import { change } from "../frames.mjs";
import { toggle, toggleAll, unshift } from "./replica.mjs";

/**
 * @import { Doc, Item } from "../document.mjs"
 * @import { Contender, Replica } from "./replica.mjs"
 */

/** @implements {Replica} */
class WithMutative {
  /** @type {string[]} */
  sent = [];

  /** @param {boolean} enableAutoFreeze @param {Doc} state */
  constructor(enableAutoFreeze, state) {
    this.options = /** @type {const} */ ({ enablePatches: true, enableAutoFreeze });
    this.applying = { enableAutoFreeze };
    this.state = state;
  }

  /** @param {(draft: Doc) => void} recipe */
  #update(recipe) {
    const [state, patches] = create(this.state, recipe, this.options);
    this.state = /** @type {Doc} */ (state);
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
    const { patch } = JSON.parse(frame);
    this.state = /** @type {Doc} */ (apply(this.state, patch, this.applying));
  }

  /** @param {Doc} before */
  undo(before) {
    this.state = before;
  }
}

/** @param {any} value */
function freeze(value) {
  if (typeof value !== "object" || value === null) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

/** @param {string} id @param {boolean} autoFreeze @returns {Contender} */
function contender(id, autoFreeze) {
  return {
    id,
    connect: () => (welcome) => {
      const { snapshot } = JSON.parse(welcome);
      if (autoFreeze) freeze(snapshot);
      return new WithMutative(autoFreeze, snapshot);
    },
    relay: change,
  };
}

export const mutativeLoose = contender("mutative", false);
export const mutativeFreezing = contender("mutative-freezing", true);
