// @ts-check
// Two windows on one room, with nothing in their way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inEveryBrowser } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { Window, agree, newRoom } from "./support/windows.mjs";

const EXAMPLES = [
  "Open this list in a second window",
  "Drag this item, and watch it move in both",
  "Work offline for a while, then come back",
];

inEveryBrowser("two windows", (browser) => {
  /** @type {ServerProcess} */
  let server;
  before(async () => {
    server = await ServerProcess.start();
  });
  after(() => server.kill());

  /** @returns {Promise<[Window, Window]>} */
  async function two() {
    const room = newRoom();
    return Promise.all([
      Window.open(browser(), server.url, room),
      Window.open(browser(), server.url, room),
    ]);
  }

  test("R21, C27: first visitors who come at the same time bring one set of examples", async () => {
    const [ada, grace] = await two();
    const shown = await agree([ada, grace]);
    assert.deepEqual(
      shown.map((item) => item.text),
      EXAMPLES,
    );
    await ada.close();
    await grace.close();
  });

  test("C3: a button that is pressed while a text is edited does what it says, and the text stays", async () => {
    const [ada, grace] = await two();
    // In a window that has no focus no field can lose it.
    await ada.page.bringToFront();
    await until("the window has the focus", () => ada.page.evaluate(() => document.hasFocus()));
    await ada.goOffline(true);
    await ada.reaches("offline");
    for (const [index, target] of [
      "#offline",
      "#list > li:nth-child(3) [data-role=check]",
    ].entries()) {
      await ada.part(index, "text").click();
      await ada.page.locator("#list [data-role=edit]:visible").fill(`edited ${index}`);
      await ada.page.locator(target).click();
    }
    assert.equal(await ada.page.locator("#offline").getAttribute("aria-checked"), "false");
    await ada.shows(["edited 0", "edited 1", EXAMPLES[2]]);
    const shown = await agree([ada, grace]);
    assert.equal(shown[2].done, true);
    await ada.close();
    await grace.close();
  });

  test("C5, R5: every kind of edit crosses, both ways", async () => {
    const [ada, grace] = await two();
    await ada.add("from Ada");
    await grace.shows([...EXAMPLES, "from Ada"]);

    await grace.add("from Grace");
    await grace.edit("from Ada", "from Ada, edited by Grace");
    await ada.shows([...EXAMPLES, "from Ada, edited by Grace", "from Grace"]);

    await ada.check(0);
    await until("Grace sees the item done", async () => (await grace.shown())[0].done);

    await grace.remove(1);
    await ada.shows([EXAMPLES[0], EXAMPLES[2], "from Ada, edited by Grace", "from Grace"]);

    await ada.page.locator("#title-text").click();
    await ada.page.locator("#title-edit").fill("Another name");
    await ada.page.locator("#title-edit").press("Enter");
    await until("Grace sees the new name", async () => {
      return (await grace.page.locator("#title-text").textContent()) === "Another name";
    });

    await grace.page.locator("#clear").click();
    await ada.shows([EXAMPLES[2], "from Ada, edited by Grace", "from Grace"]);
    await until("the count follows", async () => {
      return (await ada.page.locator("#count").textContent()) === "3 of 3 left";
    });
    await agree([ada, grace]);
    await ada.close();
    await grace.close();
  });

  test("W1: another room is another list", async () => {
    const [ada, grace] = await two();
    const other = await Window.open(browser(), server.url, newRoom());
    await ada.add("only here");
    await grace.shows([...EXAMPLES, "only here"]);
    await other.add("only there");
    await other.shows([...EXAMPLES, "only there"]);
    await grace.add("last");
    await ada.shows([...EXAMPLES, "only here", "last"]);
    for (const window of [ada, grace, other]) await window.close();
  });

  test("B12: dragging an item moves it in both windows", async () => {
    const [ada, grace] = await two();
    const handle = await ada.part(0, "handle").boundingBox();
    const last = await ada.row(2).boundingBox();
    assert.ok(handle && last);
    const x = handle.x + handle.width / 2;
    await ada.page.mouse.move(x, handle.y + handle.height / 2);
    await ada.page.mouse.down();
    await ada.page.mouse.move(x, last.y + last.height / 2, { steps: 4 });
    await ada.page.locator("#list > .dragging").waitFor();
    assert.deepEqual(await grace.texts(), EXAMPLES, "nothing has moved before it is dropped");
    await ada.page.mouse.move(x, last.y + last.height, { steps: 2 });
    await ada.page.mouse.up();
    const expected = [EXAMPLES[1], EXAMPLES[2], EXAMPLES[0]];
    await ada.shows(expected);
    await grace.shows(expected);
    const patch = await grace.page.locator("#wire > li.foreign code").first().textContent();
    assert.equal(patch, "move /todos/0 → /todos/2");
    await agree([ada, grace]);
    await ada.close();
    await grace.close();
  });

  test("the keyboard alone reorders, and the focus goes with the item", async () => {
    const [ada, grace] = await two();
    await ada.part(2, "handle").focus();
    await ada.page.keyboard.press("ArrowUp");
    await ada.page.keyboard.press("ArrowUp");
    await grace.shows([EXAMPLES[2], EXAMPLES[0], EXAMPLES[1]]);
    const focused = () =>
      ada.page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    assert.equal(await focused(), `Reorder: ${EXAMPLES[2]}`);
    // At the end of the list there is nowhere to go.
    await ada.page.keyboard.press("ArrowUp");

    await ada.part(0, "check").focus();
    await ada.page.keyboard.press("Alt+ArrowDown");
    await grace.shows([EXAMPLES[0], EXAMPLES[2], EXAMPLES[1]]);
    assert.equal(await focused(), EXAMPLES[2]);
    assert.match((await ada.page.locator("#announce").textContent()) ?? "", /: 2 of 3$/);

    await ada.page.keyboard.press("ArrowDown");
    assert.equal(await focused(), EXAMPLES[1], "without Alt the arrows only move the focus");

    await ada.part(1, "down").click();
    await grace.shows(EXAMPLES.slice(0, 2).concat(EXAMPLES[2]));
    await agree([ada, grace]);
    await ada.close();
    await grace.close();
  });

  test("B2: what is being typed outlives changes of others", async () => {
    const [ada, grace] = await two();
    await ada.part(1, "text").click();
    await ada.page.keyboard.type("half a sen");

    await grace.add("new below");
    await grace.edit(EXAMPLES[1], "changed by Grace");
    await grace.part(0, "down").click();
    await ada.shows(["changed by Grace", EXAMPLES[0], EXAMPLES[2], "new below"]);
    await ada.page.keyboard.type("tence");
    assert.equal(await ada.part(0, "edit").inputValue(), "half a sentence");
    await ada.page.keyboard.press("Enter");
    await grace.shows(["half a sentence", EXAMPLES[0], EXAMPLES[2], "new below"]);

    // Escape leaves the item as it is.
    await ada.part(0, "text").click();
    await ada.page.keyboard.type("dropped");
    await ada.page.keyboard.press("Escape");
    assert.equal((await ada.texts())[0], "half a sentence");

    // And when the item itself goes, the words are offered again.
    await ada.part(0, "text").click();
    await ada.page.keyboard.type("not lost");
    await grace.remove(0);
    await until("the notice is there", async () => (await ada.notices()).length === 1);
    assert.match((await ada.notices())[0], /deleted .* “not lost”/);
    await ada.page.getByRole("button", { name: "Add it again" }).click();
    await grace.shows([EXAMPLES[0], EXAMPLES[2], "new below", "not lost"]);
    await agree([ada, grace]);
    await ada.close();
    await grace.close();
  });

  test("the page fits a phone, and every control has a name", async () => {
    const phone = await Window.open(browser(), server.url, newRoom(), {
      viewport: { width: 360, height: 740 },
    });
    await phone.add("a_word_without_a_place_to_break_it_that_is_wider_than_the_whole_window_is");
    const width = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `the page is ${width} pixels wide`);
    const unnamed = await phone.page.$$eval("button, input, a", (elements) =>
      elements
        .filter((element) => /** @type {HTMLElement} */ (element).offsetParent !== null)
        .filter((element) => !(element.getAttribute("aria-label") ?? element.textContent)?.trim())
        .map((element) => element.outerHTML),
    );
    assert.deepEqual(unnamed, []);
    await phone.close();
  });

  test("an address that cannot name a room leads to one that can", async () => {
    const room = newRoom();
    const ada = await Window.open(browser(), server.url, `%20${room}%3F`);
    assert.match((await ada.notices())[0], /cannot name a room/);
    const grace = await Window.open(browser(), server.url, `-${room}-`);
    await ada.add("the same room");
    await grace.shows([...EXAMPLES, "the same room"]);
    await ada.close();
    await grace.close();
  });
});
