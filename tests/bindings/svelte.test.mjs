// @ts-check
// Part F: draftsync/svelte, with Svelte and the real server, in pages of Vite's development server.

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { WEBKIT } from "../e2e/support/engines.mjs";
import { follows, hydrates, tried } from "./support/common.mjs";

const all = tried("svelte", {
  packages: ["svelte"],
  app: "App.svelte",
  imports: ["draftsync"],
  plugins: () => [svelte({ configFile: false })],
  engine: WEBKIT,
});
follows(all);
// Svelte's hydration makes good what differs, without a word.
hydrates(all, "js", "offline");
