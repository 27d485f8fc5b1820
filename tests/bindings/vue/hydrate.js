// @ts-check
import { createSSRApp } from "vue";
import { store } from "../apps/store.js";
// @ts-expect-error the compiler of Vue knows what this is
import App from "../apps/vue/App.vue";

// The room is ahead of what the server has rendered before hydration begins.
await store.ready;
/** @type {any} */ (globalThis).before = document.querySelector("footer")?.textContent;
createSSRApp(App).mount("#root");
