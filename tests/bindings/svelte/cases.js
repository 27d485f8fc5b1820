// @ts-check
// What is tried of draftsync/svelte; the address says which, and the room.

import { mount, unmount } from "svelte";
import { counted, newStore, wanted } from "../support/counted.js";
// @ts-expect-error the compiler of Svelte knows what this is
import Effect from "./Effect.svelte";
// @ts-expect-error the compiler of Svelte knows what this is
import Refs from "./Refs.svelte";
// @ts-expect-error the compiler of Svelte knows what this is
import Selectors from "./Selectors.svelte";

const page = /** @type {any} */ (globalThis);
const target = /** @type {HTMLElement} */ (document.getElementById("root"));

const cases = {
  /** Parts that select different things. */
  selectors() {
    mount(Selectors, { target, props: { store: newStore() } });
  },

  /** A selector that reads a state, and a component that goes. */
  refs() {
    const mounted = mount(Refs, { target, props: { store: counted(newStore()) } });
    page.app = { unmount: () => unmount(mounted) };
  },

  /** What an effect shows of a value that is read elsewhere too, and of which the selector may throw. */
  effect() {
    mount(Effect, { target, props: { store: newStore({ autoConnect: false }) } });
  },
};

cases[/** @type {keyof typeof cases} */ (wanted)]();
