// @ts-check
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { store } from "../apps/store.js";
// @ts-expect-error the compiler of Vue knows what this is
import App from "../apps/vue/App.vue";

// A component that is rendered to a text never goes, and so it may not listen.
Object.assign(store, {
  subscribe() {
    throw new Error("somebody listens on a server");
  },
});

export function render() {
  return renderToString(createSSRApp(App));
}
