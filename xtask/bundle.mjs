// @ts-check
// Makes one minified module of the generated glue and its snippets. Called by `cargo xtask pkg` as
// `node bundle.mjs <entry> <outfile>`. By esbuild's API and not its program: the program is a
// script or a binary, depending on whether npm was allowed to run install scripts.

import { build } from "esbuild";

const [entry, outfile] = process.argv.slice(2);
if (!entry || !outfile) throw new Error("usage: node bundle.mjs <entry> <outfile>");

await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
