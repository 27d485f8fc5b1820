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
