import { generateHydrationScript, renderToString } from "solid-js/web";
import { App } from "../apps/solid/App.jsx";
import { store } from "../apps/store.js";

// What is rendered to a text never goes, and so it may not listen.
Object.assign(store, {
  subscribe() {
    throw new Error("somebody listens on a server");
  },
});

export const head = generateHydrationScript;
export const render = () => renderToString(() => <App />);
