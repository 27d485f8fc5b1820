import { hydrate } from "solid-js/web";
import { App } from "../apps/solid/App.jsx";
import { store } from "../apps/store.js";

// The room is ahead of what the server has rendered before hydration begins.
await store.ready;
globalThis.before = document.querySelector("footer").textContent;
hydrate(() => <App />, document.getElementById("root"));
