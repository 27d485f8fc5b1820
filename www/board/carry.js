// @ts-check
// Carrying cards from list to list with a pointer: mouse, pen and touch alike.
// While a card is held nothing in the document changes, and the board is not drawn anew.

/** How far the pointer has to go before a press becomes a drag. */
const START_PX = 4;
/** How near to the window's edge the page starts to scroll, and how far it goes in one frame. */
const EDGE_PX = 56;
const SCROLL_PX = 10;

/**
 * @typedef {object} Carry
 * @property {HTMLElement} ticket
 * @property {number} pointerId
 * @property {{ x: number, y: number }} start in the page, which may scroll
 * @property {{ x: number, y: number }} pointer in the window
 * @property {boolean} moved
 */

/** @typedef {{ list: HTMLElement, before: HTMLElement | null }} Target */

/**
 * @param {HTMLElement} root where the lists are
 * @param {readonly HTMLElement[]} lists
 * @param {{ drop: (ticket: HTMLElement, target: Target) => void, end: () => void }} told `drop` once
 *   for each card that is let go over a list, and `end` when one was held
 */
export function makeCarry(root, lists, { drop, end }) {
  /** @type {Carry | undefined} */
  let carry;

  root.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const handle = target.closest('[data-role="handle"]');
    const ticket = /** @type {HTMLElement | null} */ (handle?.closest("li") ?? null);
    if (!handle || !ticket || event.button !== 0 || carry) return;
    handle.setPointerCapture(event.pointerId);
    const pointer = { x: event.clientX, y: event.clientY };
    const start = { x: pointer.x + scrollX, y: pointer.y + scrollY };
    carry = { ticket, pointerId: event.pointerId, start, pointer, moved: false };
  });

  root.addEventListener("pointermove", (event) => {
    if (event.pointerId !== carry?.pointerId) return;
    carry.pointer = { x: event.clientX, y: event.clientY };
    const { start } = carry;
    const way = Math.hypot(event.clientX + scrollX - start.x, event.clientY + scrollY - start.y);
    if (carry.moved || way < START_PX) return;
    carry.moved = true;
    root.classList.add("carrying");
    carry.ticket.classList.add("held");
    requestAnimationFrame(frame);
  });

  root.addEventListener("pointerup", (event) => {
    if (event.pointerId === carry?.pointerId) finish("drop");
  });
  root.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId === carry?.pointerId) finish("cancel");
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && carry) finish("cancel");
  });

  function frame() {
    if (!carry) return;
    const { ticket, pointer, start } = carry;
    if (pointer.y < EDGE_PX) scrollBy(0, -SCROLL_PX);
    if (pointer.y > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
    const [x, y] = [pointer.x + scrollX - start.x, pointer.y + scrollY - start.y];
    ticket.style.transform = `translate(${x}px, ${y}px)`;
    mark(targetOf(lists, carry));
    requestAnimationFrame(frame);
  }

  /** Shows where the card would come to. @param {Target | undefined} target */
  function mark(target) {
    for (const list of lists) {
      list.classList.toggle("target-end", target?.list === list && target.before === null);
      for (const ticket of list.children) {
        ticket.classList.toggle("target-before", target?.before === ticket);
      }
    }
  }

  /** @param {"drop" | "cancel"} how */
  function finish(how) {
    if (!carry) return;
    const { ticket, moved } = carry;
    const target = targetOf(lists, carry);
    carry = undefined;
    root.classList.remove("carrying");
    ticket.classList.remove("held");
    mark(undefined);
    // The transform still stands, so that the card slides from where it was let go.
    if (how === "drop" && moved) drop(ticket, target);
    end();
    ticket.style.transform = "";
  }

  return {
    /** Whether a card is held: then none may move in the page, or the pointer lets go of it. */
    get holds() {
      return carry !== undefined;
    },
  };
}

/**
 * The list that is nearest to the pointer, and the card there that the held one would stand before.
 * @param {readonly HTMLElement[]} lists
 * @param {Carry} carry
 * @returns {Target}
 */
function targetOf(lists, { ticket, pointer: { x, y } }) {
  const distances = lists.map((list) => {
    // The whole lane counts, also what is below its last card.
    const lane = (list.parentElement ?? list).getBoundingClientRect();
    const dx = Math.max(lane.left - x, 0, x - lane.right);
    const dy = Math.max(lane.top - y, 0, y - lane.bottom);
    return Math.hypot(dx, dy);
  });
  const list = lists[distances.indexOf(Math.min(...distances))];
  const others = /** @type {HTMLElement[]} */ ([...list.children]).filter(
    (other) => other !== ticket,
  );
  const before = others.find((other) => {
    const { top, height } = other.getBoundingClientRect();
    return y < top + height / 2;
  });
  return { list, before: before ?? null };
}
