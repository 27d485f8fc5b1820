// @ts-check
// What can be run of a paper in Markdown: its tables and its blocks of JavaScript.

/**
 * A table, and the heading that it stands under.
 * @typedef {{ heading: string, head: string[], rows: string[][] }} Table
 */

/** @param {string} text */
export function tables(text) {
  /** @type {Table[]} */
  const all = [];
  let heading = "";
  /** @type {Table | undefined} */
  let table;
  for (const line of outside(text).split("\n")) {
    heading = /^#+ (.*)/.exec(line)?.[1] ?? heading;
    if (!line.startsWith("|")) {
      table = undefined;
      continue;
    }
    const cells = line.slice(1, -1).split("|");
    const row = cells.map((cell) => cell.trim());
    if (!table) all.push((table = { heading, head: row, rows: [] }));
    else if (!/^\|[-|]+\|$/.test(line)) table.rows.push(row);
  }
  return all;
}

/**
 * The blocks of JavaScript, or of other languages, each with the heading that it stands under.
 * @param {string} text
 * @param {string} [languages] as an alternative of a pattern
 */
export function blocks(text, languages = "js") {
  const found = text.matchAll(
    new RegExp(`^#+ (.*)$|^\`\`\`(?:${languages})\\n([^]*?)^\`\`\`$`, "gm"),
  );
  let heading = "";
  /** @type {{ heading: string, source: string }[]} */
  const all = [];
  for (const [, title, source] of found) {
    if (title !== undefined) heading = title;
    else all.push({ heading, source });
  }
  return all;
}

/** The text without its blocks. @param {string} text */
function outside(text) {
  return text.replace(/^```[^]*?^```$/gm, "");
}

/** What stands in backticks in a cell. @param {string} cell */
export function codes(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
}

/**
 * What a block says that it prints: the comments behind its calls of `console.log`, each a list of
 * JavaScript values.
 * @param {string} source
 * @returns {unknown[][]}
 */
export function printed(source) {
  const lines = [...source.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)];
  return lines.map(([, values]) => evaluate(`[${values}]`));
}

/** A JavaScript expression's value. @param {string} source @returns {any} */
export function evaluate(source) {
  return new Function(`return (${source});`)();
}
