// @ts-check
// The page: two people at one board, and what comes of it when they disagree.

import { makeNotices } from "../notices.js";
import { byId, copyText, newId, roomName, sentence } from "../page.js";
import { makeConflict } from "./conflict.js";
import { makePane } from "./pane.js";
import { story } from "./story.js";

const notices = makeNotices(byId("notices"));

/** The room that the address names, or a new one, which the address then names. */
function room() {
  const query = new URLSearchParams(location.search || location.hash.replace("#", "?room="));
  const asked = query.get("room") ?? "";
  const name = roomName(asked);
  if (name !== asked) {
    const text = `“${asked}” cannot name a room; this is “${name || "a new one"}” instead.`;
    notices.show({ kind: "info", text });
  }
  return name || newId();
}

const name = room();
const link = new URL(location.pathname, location.href);
link.searchParams.set("room", name);
history.replaceState(null, "", link);

/** @param {string} text */
function announce(text) {
  byId("announce").textContent = text;
}

const panes = ["Ada", "Grace"].map((person) =>
  makePane(byId("panes"), {
    name: person,
    // A list of the other page is another document, so boards have a part of the names to themselves.
    room: `board/${name}`,
    announce,
    report: (text) => notices.show({ kind: "warning", text }),
  }),
);

const conflict = byId("conflict");
let busy = false;
conflict.addEventListener("click", async () => {
  if (busy) return;
  busy = true;
  conflict.setAttribute("aria-disabled", "true");
  const stage = byId("stage");
  byId("story").replaceChildren();
  try {
    const made = await makeConflict(panes, (text) => (stage.textContent = text));
    const sentences = await story(made);
    stage.textContent = "This came out:";
    byId("story").replaceChildren(...sentences.map(sentenceElement));
  } catch (error) {
    stage.textContent = sentence(error);
  }
  conflict.setAttribute("aria-disabled", "false");
  busy = false;
});

/** @param {import("./story.js").Sentence} sentence */
function sentenceElement({ about, text }) {
  const element = document.createElement("li");
  element.dataset.about = about;
  element.textContent = text;
  return element;
}

byId("room").textContent = name;
/** @type {HTMLAnchorElement} */ (byId("another")).href = link.href;
byId("copy").addEventListener("click", async () => {
  if (await copyText(byId("copy"), link.href)) announce("Link copied");
  else notices.show({ kind: "info", text: `The address of this board: ${link.href}` });
});

/**
 * What a module does: its text without comments on lines of their own, which hold its types.
 * @param {string} text
 */
function codeOf(text) {
  const lines = text.split("\n").filter((line) => !/^\s*(\/\/|\/\*\*)/.test(line));
  return lines
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

// The file that runs here, from where the page has it.
let codeRead = false;
byId("code").addEventListener("toggle", async () => {
  if (codeRead) return;
  const text = byId("code-text");
  try {
    const answer = await fetch(new URL("person.js", import.meta.url));
    if (!answer.ok) throw new Error(answer.statusText);
    text.textContent = codeOf(await answer.text());
    codeRead = true;
  } catch {
    text.textContent = "The file cannot be read now; close this and open it again.";
  }
});

// For the console, as the page says.
const [ada, grace] = panes.map(({ store }) => store);
Object.assign(globalThis, { ada, grace });
