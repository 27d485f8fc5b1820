// @ts-check
import { hydrate } from "svelte";
import { store } from "../apps/store.js";
// @ts-expect-error the compiler of Svelte knows what this is
import App from "../apps/svelte/App.svelte";

// The room is ahead of what the server has rendered before hydration begins.
await store.ready;
/** @type {any} */ (globalThis).before = document.querySelector("footer")?.textContent;
hydrate(App, { target: /** @type {HTMLElement} */ (document.getElementById("root")) });
