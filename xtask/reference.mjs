// @ts-check
// Makes the reference of the package's API by typedoc, from the declarations of each entry. Called
// by `cargo xtask docs` as `node reference.mjs <package> [more options of typedoc]`.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [pkg, ...options] = process.argv.slice(2);
if (!pkg) throw new Error("usage: node reference.mjs <package folder> [options of typedoc]");

/** @type {{ exports: Record<string, string | { types?: string }> }} */
const { exports } = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));
const declared = Object.values(exports).flatMap((entry) =>
  typeof entry === "string" || !entry.types ? [] : [entry.types],
);
// The development entry has the declarations of the default one, and the wasm none to explain.
const files = [...new Set(declared)].filter((file) => !file.includes(".wasm."));

const here = fileURLToPath(new URL(".", import.meta.url));
const typedoc = join(here, "../node_modules/typedoc/bin/typedoc");
const entries = files.flatMap((file) => ["--entryPoints", resolve(pkg, file)]);
const args = [typedoc, "--options", join(here, "typedoc.json"), ...entries, ...options];
const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
process.exitCode = status ?? 1;
