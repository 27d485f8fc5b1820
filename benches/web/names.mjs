// @ts-check
// Contenders and cases by name, for those who only print them.

/** In the order of the rows; the first is what the others are compared with. */
export const CONTENDERS = [
  { id: "limit", label: "by hand (the limit)" },
  { id: "ours", label: "draftsync" },
  { id: "immer", label: "Immer, freezing (its default)" },
  { id: "immer-loose", label: "Immer, not freezing" },
  { id: "mutative", label: "Mutative (its default: not freezing)" },
  { id: "mutative-freezing", label: "Mutative, freezing" },
];

/** Those of the rebase. */
export const MERGERS = [
  { id: "yjs", label: "Yjs, one item read" },
  { id: "yjs-whole", label: "Yjs, the whole read by toJSON" },
  { id: "ours", label: "draftsync" },
];

/** Each case, and what is measured in it. */
export const CASES = [
  {
    name: "toggle",
    measures: { local: "Local toggle", remote: "Remote toggle" },
  },
  {
    name: "unshift",
    measures: { local: "Local front insert", remote: "Remote front insert" },
  },
  {
    name: "batch",
    measures: {
      local: "Local batch: 1 000 items in one update",
      remote: "Remote batch: 1 000 items in one frame",
    },
  },
  { name: "load", measures: { load: "Load" } },
];

export const REBASE = {
  name: "rebase",
  measures: {
    once: "100 pending over 100 of others that come in one message",
    each: "100 pending over 100 of others, each in a message of its own",
  },
};
