// @ts-check
import { render as renderToText } from "svelte/server";
import { store } from "../apps/store.js";
// @ts-expect-error the compiler of Svelte knows what this is
import App from "../apps/svelte/App.svelte";

// What is rendered to a text never goes, and so it may not listen.
Object.assign(store, {
  subscribe() {
    throw new Error("somebody listens on a server");
  },
});

export function render() {
  return renderToText(App).body;
}
