// @ts-check
// Part F: draftsync/vue, with Vue and the real server, in pages of Vite's development server.

import vue from "@vitejs/plugin-vue";
import { FIREFOX } from "../e2e/support/engines.mjs";
import { follows, hydrates, tried } from "./support/common.mjs";

const all = tried("vue", {
  packages: ["vue"],
  app: "App.vue",
  imports: ["vue", "draftsync", "draftsync/vue"],
  plugins: () => [vue()],
  engine: FIREFOX,
});
follows(all);
hydrates(all, "js");
