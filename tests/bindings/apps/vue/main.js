// @ts-check
import { createApp } from "vue";
// @ts-expect-error the compiler of Vue knows what this is
import App from "./App.vue";

createApp(App).mount("#root");
