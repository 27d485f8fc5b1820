// @ts-check
// What came into one replica, newest first: whose it is, its operations, and the bytes they take.

import { copyText, part, soon } from "../page.js";

/** @typedef {import("/pkg/index.js").PatchEvent} PatchEvent */

const ENTRIES_MAX = 20;
/** A text that is longer is cut where it is shown, and not where it is copied. */
const CHARS_MAX = 400;

/** The same for the operations of a change. */
const OPERATIONS_MAX = 20;

/** A sign beside each word, for no colour says anything alone. @type {Record<PatchEvent["origin"], string>} */
const SIGNS = { local: "↑", remote: "↓", undo: "↶", redo: "↷", rollback: "✕", load: "⇊" };

const encoder = new TextEncoder();

/**
 * @param {HTMLElement} section
 * @param {(sentence: string) => void} announce
 */
export function makePatches(section, announce) {
  /** @type {PatchEvent[]} */
  let entries = [];
  const list = part(section, "patches");
  const copy = part(section, "copy");

  const drawSoon = soon(() => {
    part(section, "no-patches").hidden = entries.length > 0;
    copy.textContent = "Copy";
    list.replaceChildren(...entries.map(entryElement));
  });

  copy.addEventListener("click", async () => {
    const oldestFirst = entries.toReversed();
    const text = JSON.stringify(
      oldestFirst.map(({ origin, version, patches }) => ({ origin, version, patches })),
      null,
      2,
    );
    const copied = await copyText(copy, text);
    announce(copied ? "Patches copied" : "The browser does not let this page copy");
  });

  return {
    /** @param {PatchEvent} event */
    add(event) {
      entries = [event, ...entries.slice(0, ENTRIES_MAX - 1)];
      drawSoon();
    },
  };
}

/** @param {PatchEvent} event */
function entryElement({ origin, patches, label }) {
  const element = document.createElement("li");
  element.dataset.origin = origin;
  const bytes = encoder.encode(JSON.stringify(patches)).length;
  element.append(
    span("origin", `${SIGNS[origin]} ${origin}`),
    span("label", label ?? ""),
    span("bytes", patches.length > 0 ? `${bytes.toLocaleString("en")} B` : ""),
  );
  for (const operation of patches.slice(0, OPERATIONS_MAX)) {
    const line = document.createElement("code");
    const text = JSON.stringify(operation);
    line.textContent = text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}…` : text;
    element.append(line);
  }
  const more = patches.length - OPERATIONS_MAX;
  if (more > 0) element.append(span("label", `and ${more.toLocaleString("en")} more`));
  return element;
}

/**
 * @param {string} look
 * @param {string} text
 */
function span(look, text) {
  const element = document.createElement("span");
  element.className = look;
  element.textContent = text;
  return element;
}
