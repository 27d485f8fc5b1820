// @ts-check
// The figures as Markdown, to be read in a terminal and copied into docs/benchmarks.md.

/**
 * @import { Sample } from "./rounds.mjs"
 * @typedef {{ id: string, label: string }} Row
 * @typedef {Map<string, Record<string, Sample[]>>} Results by `case items`, then by contender
 */

/** @param {number[]} numbers @param {number} part from 0 to 1 */
function quantile(numbers, part) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

/** @param {Sample[]} samples @param {string} measure */
function pick(samples, measure) {
  return samples.map((sample) => sample[measure]).filter((number) => number !== undefined);
}

/** Two or three figures are all that such a run can tell. @param {number} number */
function figures(number) {
  if (number >= 9.95) return thousands(Math.round(number));
  return number >= 0.995 ? number.toFixed(1) : number.toPrecision(2);
}

/** @param {number} ms */
function time(ms) {
  return ms < 1 ? [figures(ms * 1000), "µs"] : [figures(ms), "ms"];
}

/** Median and the range without the highest and lowest tenth. @param {number[]} numbers */
function spread(numbers) {
  const [median, unit] = time(quantile(numbers, 0.5));
  const scale = unit === "µs" ? 1000 : 1;
  const [low, high] = [0.1, 0.9].map((part) => figures(quantile(numbers, part) * scale));
  return `${median} ${unit} (${low}–${high})`;
}

/** A whole number, by thousands. @param {number} n */
export function thousands(n) {
  return n.toLocaleString("en").replaceAll(",", " ");
}

/** @param {string[][]} lines the first is the head */
function markdown([head, ...lines]) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...lines].map((line) => line[i].length)));
  /** @param {string[]} line */
  const row = (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [row(head), rule, ...lines.map(row)].join("\n");
}

/**
 * One row a contender, one column a size: median, spread and ratio to the first row.
 * @param {Results} results
 * @param {readonly Row[]} rows
 * @param {string} name the case
 * @param {string} measure
 * @param {readonly number[]} sizes
 */
export function timeTable(results, rows, name, measure, sizes) {
  const head = ["", ...sizes.map((n) => `${thousands(n)} items`)];
  const lines = rows.map(({ id, label }) => [
    label,
    ...sizes.map((n) => {
      const found = results.get(`${name} ${n}`);
      const numbers = pick(found?.[id] ?? [], measure);
      if (numbers.length === 0) return "";
      const least = pick(found?.[rows[0].id] ?? [], measure);
      const ratio = quantile(numbers, 0.5) / quantile(least, 0.5);
      return `${spread(numbers)}${least.length > 0 ? ` ×${figures(ratio)}` : ""}`;
    }),
  ]);
  return markdown([head, ...lines.filter((line) => line.slice(1).some((cell) => cell !== ""))]);
}

/**
 * @param {Results} results
 * @param {readonly Row[]} rows
 * @param {readonly string[]} names
 * @param {readonly number[]} sizes
 */
export function byteTable(results, rows, names, sizes) {
  const columns = names.flatMap((name) => sizes.map((n) => ({ key: `${name} ${n}`, name, n })));
  const head = ["", ...columns.map(({ name, n }) => `${name}, ${thousands(n)}`)];
  const lines = rows.map(({ id, label }) => [
    label,
    ...columns.map(({ key }) => {
      const numbers = pick(results.get(key)?.[id] ?? [], "bytes");
      return numbers.length > 0 ? thousands(Math.round(quantile(numbers, 0.5))) : "";
    }),
  ]);
  return markdown([head, ...lines]);
}
