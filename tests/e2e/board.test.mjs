// @ts-check
// Two people at one board, in one page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Board, NAMES } from "./support/board.mjs";
import { inEveryBrowser } from "./support/browsers.mjs";
import { ServerProcess } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { newRoom } from "./support/windows.mjs";

/** The board as it is at first, with the votes. */
const TODO = ["Order the cake 2", "Write invitations 0"];
const DOING = ["Find a band 1"];
const DONE = ["Book the hall 3"];

inEveryBrowser("two people at one board", (browser) => {
  /** @type {ServerProcess} */
  let server;
  /** One page for all tests, each in a room of its own. @type {Board} */
  let board;
  before(async () => {
    server = await ServerProcess.start();
    board = await Board.open(browser());
  });
  beforeEach(() => board.goto(`${server.url}/board/?room=${newRoom()}`));
  afterEach(() => board.isQuiet());
  after(() => server.kill());

  test("C5, R5: every kind of edit crosses, and both panes list it with what it takes", async () => {
    await board.rename("Ada", "Order the cake", "Bake the cake");
    await board.ticket("Grace", "Find a band", "vote").click();
    await board.add("Grace", "Send invitations");
    const todo = ["Bake the cake 2", TODO[1], "Send invitations 0"];
    for (const name of NAMES) await board.shows(name, [todo, ["Find a band 2"], DONE]);
    await board.ticket("Ada", "Book the hall", "remove").click();
    for (const name of NAMES) await board.shows(name, [todo, ["Find a band 2"], []]);
    await board.part("Ada", "note").fill("Ada was here");
    await until("Grace reads the note", async () => {
      return (await board.part("Grace", "note").inputValue()) === "Ada was here";
    });
    await board.agree();

    const [ours, theirs] = await Promise.all(
      NAMES.map((name) =>
        until(`${name}'s pane lists the deletion`, async () => {
          const patches = await board.patches(name);
          return patches.find(({ operations }) => /"remove"/.test(operations[0]));
        }),
      ),
    );
    assert.deepEqual([ours?.origin, theirs?.origin], ["local", "remote"]);
    const patch = [{ op: "remove", path: "/done/0" }];
    assert.deepEqual(
      ours?.operations.map((text) => JSON.parse(text)),
      patch,
    );
    assert.equal(ours?.bytes, `${JSON.stringify(patch).length} B`);
  });

  test("C3, C5: what both edit offline waits, and merges when they come back", async () => {
    for (const name of NAMES) await board.part(name, "online").click();
    await board.reach(["offline 0", "offline 0"]);
    assert.equal(await board.part("Ada", "online").getAttribute("aria-checked"), "false");
    await board.ticket("Ada", "Find a band", "vote").click();
    await board.rename("Ada", "Write invitations", "Print invitations");
    await board.ticket("Grace", "Find a band", "vote").click();
    await board.reach(["offline 2", "offline 1"]);
    assert.equal(await board.part("Ada", "pending").textContent(), "2 edits waiting");
    await board.shows("Ada", [[TODO[0], "Print invitations 0"], ["Find a band 2"], DONE]);
    await board.shows("Grace", [TODO, ["Find a band 2"], DONE]);
    for (const name of NAMES) await board.part(name, "online").click();
    const merged = [[TODO[0], "Print invitations 0"], ["Find a band 3"], DONE];
    for (const name of NAMES) await board.shows(name, merged);
    await board.agree();
  });

  test("T2, P14: the story of a conflict is what both hold, whoever is later", async () => {
    // Whose line is slower comes back later, and the later title stands.
    for (const [late, early] of [NAMES, NAMES.toReversed()]) {
      await board.delay(late, 80);
      await board.delay(early, 0);
      const before = (await board.agree()).todo[0];
      await board.page.locator("#conflict").click();
      const story = await until("the story is told", async () => {
        const told = await board.story();
        return told.title ? told : undefined;
      });
      assert.ok(story);
      const state = await board.agree();
      const columns = /** @type {const} */ (["todo", "doing", "done"]);
      const column = columns.find((name) => state[name].some(({ id }) => id === before.id));
      assert.ok(column && column !== "todo");
      const card = state[column].find(({ id }) => id === before.id);
      assert.equal(card?.votes, before.votes + 2);
      assert.match(story.same, /same board/);
      assert.ok(story.title.includes(`“${card?.title}” stands, as ${late} wrote`), story.title);
      assert.ok(card?.title.includes(late), card?.title);
      assert.ok(story.votes.includes(`= ${card?.votes} now; no vote is lost`), story.votes);
      const words = { todo: "To do", doing: "Doing", done: "Done" };
      assert.ok(
        story.column.includes(`it is in ${words[column]}, where ${late} moved`),
        story.column,
      );
      assert.match(story.column, /one card, not two/);
      for (const name of NAMES) {
        assert.ok(state.todo.some(({ title }) => title === `New from ${name}`));
        assert.ok(story.added.includes(`${name}’s new card is there, in To do.`), story.added);
      }
      assert.match(story.lost, new RegExp(`${late} was told: .* 4 of 4 were rebased`));
      assert.equal(story.lost.match(/no operation of the edits was lost/g)?.length, 2);
    }
  });

  test("a slow line holds back what comes and what is sent, in order", async () => {
    const delayMs = 300;
    await board.delay("Grace", delayMs);
    /** How long an edit of the one takes to come to the other. @param {[string, string]} way */
    const measure = (way) =>
      board.page.evaluate(async ([from, to]) => {
        const page = /** @type {any} */ (globalThis);
        const begun = performance.now();
        const come = new Promise((resolve) => page[to].on("patch", resolve, { once: true }));
        page[from].update((/** @type {any} */ draft) => void (draft.todo[0].votes += 1));
        await come;
        return performance.now() - begun;
      }, way);
    for (const way of /** @type {[string, string][]} */ ([
      ["ada", "grace"],
      ["grace", "ada"],
    ])) {
      const took = await measure(way);
      assert.ok(took >= delayMs - 1, `from ${way[0]} it took only ${took} ms`);
    }
    await until("Grace has heard of hers", async () =>
      /connected 0/.test((await board.statuses())[1]),
    );
    await board.ticket("Grace", "Find a band", "vote").click();
    await board.ticket("Grace", "Find a band", "vote").click();
    assert.notEqual((await board.statuses())[1], "connected 0", "an answer takes its time too");
    // What is sent on a line that is quick again does not overtake.
    await board.delay("Grace", 0);
    await board.ticket("Grace", "Find a band", "vote").click();
    await board.shows("Ada", [["Order the cake 4", TODO[1]], ["Find a band 4"], DONE]);
    await board.agree();
  });

  test("U1: undo of Ada leaves what Grace did, and the buttons say what they would do", async () => {
    const undo = board.part("Ada", "undo");
    assert.equal(await undo.getAttribute("aria-disabled"), "true");
    await board.rename("Ada", "Order the cake", "Eat the cake");
    await board.shows("Grace", [["Eat the cake 2", TODO[1]], DOING, DONE]);
    await board.ticket("Grace", "Eat the cake", "vote").click();
    await board.rename("Grace", "Write invitations", "Burn invitations");
    await board.shows("Ada", [["Eat the cake 3", "Burn invitations 0"], DOING, DONE]);
    assert.equal(await undo.getAttribute("title"), "Undo: rename");
    await undo.click();
    for (const name of NAMES) {
      await board.shows(name, [["Order the cake 3", "Burn invitations 0"], DOING, DONE]);
    }
    assert.equal(await undo.getAttribute("aria-disabled"), "true");
    await until("both list the undo", async () => {
      const [ours] = await board.patches("Ada");
      const [theirs] = await board.patches("Grace");
      return ours.origin === "undo" && theirs.origin === "remote";
    });
    await board.part("Ada", "redo").click();
    await board.shows("Grace", [["Eat the cake 3", "Burn invitations 0"], DOING, DONE]);
    await board.part("Ada", "note").focus();
    await board.page.keyboard.press("Control+z");
    await board.shows("Grace", [["Order the cake 3", "Burn invitations 0"], DOING, DONE]);
    await board.agree();
  });

  test("the keyboard alone moves a card, and the focus goes with it", async () => {
    const focused = () =>
      board.page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    await board.ticket("Ada", "Write invitations", "handle").focus();
    await board.page.keyboard.press("ArrowUp");
    await board.shows("Grace", [[TODO[1], TODO[0]], DOING, DONE]);
    await board.page.keyboard.press("ArrowRight");
    await board.page.keyboard.press("ArrowDown");
    await board.shows("Grace", [[TODO[0]], [DOING[0], TODO[1]], DONE]);
    assert.equal(await focused(), "Move: Write invitations");
    assert.equal(
      await board.page.locator("#announce").textContent(),
      "Write invitations: Doing, 2 of 2",
    );
    // At the end of a list and of the lists there is nowhere to go.
    await board.page.keyboard.press("ArrowDown");
    await board.page.keyboard.press("ArrowRight");
    await board.page.keyboard.press("ArrowRight");
    await board.shows("Grace", [[TODO[0]], DOING, [DONE[0], TODO[1]]]);
    const [move] = await board.patches("Grace");
    assert.deepEqual(move.operations, ['{"op":"move","from":"/doing/1","path":"/done/1"}']);
    assert.equal(await focused(), "Move: Write invitations");
    await board.agree();
  });

  test("B12: dragging a card to another list is one move", async () => {
    // Near the edge of the window the page would scroll under the card.
    await board.page.$eval("[data-name=Ada] [data-role=doing]", (list) =>
      list.scrollIntoView({ block: "center" }),
    );
    await board.ticket("Ada", "Write invitations", "handle").hover();
    const held = await board.ticket("Ada", "Write invitations", "handle").boundingBox();
    const goal = await board.ticket("Ada", "Find a band", "handle").boundingBox();
    assert.ok(held && goal);
    const { mouse } = board.page;
    await mouse.down();
    await mouse.move(held.x + held.width / 2, held.y + held.height, { steps: 2 });
    await mouse.move(goal.x + goal.width / 2, goal.y, { steps: 4 });
    await board.pane("Ada", ".held").waitFor();
    await board.pane("Ada", ".target-before").waitFor();
    assert.deepEqual(await board.shown("Grace"), [TODO, DOING, DONE], "it is not dropped yet");
    await mouse.up();
    for (const name of NAMES) await board.shows(name, [[TODO[0]], [TODO[1], DOING[0]], DONE]);
    const [move] = await board.patches("Grace");
    assert.deepEqual(move.operations, ['{"op":"move","from":"/todo/1","path":"/doing/0"}']);
  });

  test("a title that is typed goes on while another moves the card", async () => {
    await board.ticket("Grace", "Order the cake", "text").click();
    await board.page.keyboard.type("half a ");
    await board.page.evaluate(() => {
      const move = { op: "move", from: "/todo/0", path: "/done/0" };
      /** @type {any} */ (globalThis).ada.patch([move]);
    });
    await board.shows("Grace", [[TODO[1]], DOING, [TODO[0], DONE[0]]]);
    await board.page.keyboard.type("sentence");
    await board.page.keyboard.press("Enter");
    await board.shows("Ada", [[TODO[1]], DOING, ["half a sentence 2", DONE[0]]]);
  });

  test("the page fits a phone, its controls have names, and its code is the code", async () => {
    const phone = await Board.open(browser(), { viewport: { width: 360, height: 740 } });
    await phone.goto(`${server.url}/board/?room=${newRoom()}`);
    await phone.add("Ada", "a_word_without_a_place_to_break_it_that_is_wider_than_the_window_is");
    await phone.page.locator("#code summary").click();
    const code = await until("the code is there", () =>
      phone.page.locator("#code-text").textContent(),
    );
    const source = readFileSync(new URL("../../www/board/person.js", import.meta.url), "utf8");
    const lines = source.split("\n").filter((line) => !/^\s*(\/\/|\/\*\*)/.test(line));
    assert.deepEqual(code?.match(/.+/g), lines.join("\n").match(/.+/g));
    const width = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `the page is ${width} pixels wide`);
    const unnamed = await phone.page.$$eval("button, input, textarea, a, [tabindex='0']", (all) =>
      all
        .filter((element) => /** @type {HTMLElement} */ (element).offsetParent !== null)
        .filter((element) => {
          const label = /** @type {HTMLInputElement} */ (element).labels?.[0];
          return !(element.getAttribute("aria-label") ?? (label ?? element).textContent)?.trim();
        })
        .map((element) => element.outerHTML),
    );
    assert.deepEqual(unnamed, []);
    await phone.close();
  });

  test("W1: a link opens the same board elsewhere, and no name a new one", async () => {
    await board.page.locator(".pages a").first().click();
    await board.page.locator("#list[aria-busy=false]").waitFor();
    await board.page.locator(".pages a").nth(1).click();
    await board.isOpen();
    await board.add("Ada", "seen elsewhere");
    const link = String(await board.page.locator("#another").getAttribute("href"));
    await board.agree();
    await board.goto(`${server.url}/board/`);
    for (const name of NAMES) await board.shows(name, [TODO, DOING, DONE]);
    for (const address of [link, link.replace("?room=", "#")]) {
      await board.goto(address);
      for (const name of NAMES) {
        await board.shows(name, [[...TODO, "seen elsewhere 0"], DOING, DONE]);
      }
    }
  });
});
