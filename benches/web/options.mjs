// @ts-check
// The words after `cargo xtask bench`.

import { parseArgs } from "node:util";

const USAGE = `Usage: cargo xtask bench [rebase] [--quick] [--rounds N] [--sizes N,N] [--filter WORD]
                         [--only ID,ID] [--profile] [--help]

  rebase      changes that wait over those of others: natively, and beside Yjs in Chromium
  --quick     few and short rounds: to see that it runs, not to publish
  --rounds    most rounds for each case (40)
  --sizes     items in the document (1000,10000,100000; rebase: 1000)
  --filter    cases whose name contains the word: toggle, unshift, batch, load
  --only      contenders: limit, ours, immer, immer-loose, mutative, mutative-freezing;
              rebase: yjs, yjs-whole, ours
  --profile   say where the time goes, by function, for each case (best with --only ours)`;

/**
 * @param {string[]} args
 */
export function parse(args) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        rounds: { type: "string", default: "" },
        sizes: { type: "string", default: "" },
        filter: { type: "string", default: "" },
        only: { type: "string", default: "" },
        profile: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit();
    }
    const rebase = positionals[0] === "rebase";
    if (positionals.length > Number(rebase)) {
      throw new Error(`what is "${positionals[positionals.length - 1]}"?`);
    }
    const { quick, profile, filter } = values;
    const rounds = values.rounds === "" ? (quick ? 8 : 40) : whole(values.rounds);
    const standard = rebase ? "1000" : "1000,10000,100000";
    const sizes = (values.sizes || standard).split(",").map(whole);
    const only = values.only.split(",").filter((id) => id !== "");
    return { rebase, quick, profile, filter, rounds, sizes, only };
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** @param {string} text */
function whole(text) {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`"${text}" is no whole number above 0`);
  return Number(text);
}
