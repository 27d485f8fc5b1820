// @ts-check
// Reordering by pointer: mouse, pen and touch alike.
// While an item is held nothing in the document changes; the rows are only pushed aside with
// transforms. Layout offsets do not see transforms, so changes of others that arrive meanwhile need
// no bookkeeping: the next frame measures again.

/** How far the pointer has to go before a press becomes a drag. */
const START_PX = 4;
/** How near to the window's edge the page starts to scroll, and how far it goes in one frame. */
const EDGE_PX = 56;
const SCROLL_PX = 10;

/**
 * @typedef {object} Drag
 * @property {HTMLElement} row
 * @property {number} pointerId
 * @property {number} startY
 * @property {number} pointerY
 * @property {number} grabY where inside the row it is held
 * @property {boolean} moved
 * @property {Element | null} before the row it would be put before
 */

/**
 * @param {HTMLElement} list
 * @param {(row: HTMLElement, before: Element | null) => void} drop called once for each drag that ends
 *   at another place; the transforms still stand, so that the list can animate from there
 */
export function makeSortable(list, drop) {
  /** @type {Drag | undefined} */
  let drag;

  list.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const handle = target.closest?.('[data-role="handle"]');
    const row = /** @type {HTMLElement | null} */ (handle?.closest("li") ?? null);
    if (!handle || !row || event.button !== 0 || drag) return;
    handle.setPointerCapture(event.pointerId);
    const y = event.clientY;
    const grabY = y - row.getBoundingClientRect().top;
    const { pointerId } = event;
    drag = { row, pointerId, startY: y, pointerY: y, grabY, moved: false, before: row };
  });

  list.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drag?.pointerId) return;
    drag.pointerY = event.clientY;
    if (drag.moved || Math.abs(drag.pointerY - drag.startY) < START_PX) return;
    drag.moved = true;
    list.classList.add("sorting");
    drag.row.classList.add("dragging");
    requestAnimationFrame(frame);
  });

  list.addEventListener("pointerup", (event) => {
    if (event.pointerId === drag?.pointerId) finish("drop");
  });
  list.addEventListener("lostpointercapture", (event) => {
    if (event.pointerId === drag?.pointerId) finish("cancel");
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) finish("cancel");
  });

  function frame() {
    if (!drag) return;
    if (!drag.row.isConnected) return finish("cancel");
    if (drag.pointerY < EDGE_PX) scrollBy(0, -SCROLL_PX);
    if (drag.pointerY > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
    arrange(list, drag);
    requestAnimationFrame(frame);
  }

  /** @param {"drop" | "cancel"} how */
  function finish(how) {
    if (!drag) return;
    const { row, moved } = drag;
    if (how === "drop" && moved) arrange(list, drag);
    const { before } = drag;
    drag = undefined;
    list.classList.remove("sorting");
    row.classList.remove("dragging");
    if (how === "drop" && moved && before !== row) drop(row, before);
    for (const element of list.children) {
      /** @type {HTMLElement} */ (element).style.transform = "";
    }
  }

  return {
    /** The row that is held; it must keep its place in the page, or the pointer lets go of it. */
    get held() {
      return drag?.moved ? drag.row : null;
    },
  };
}

/**
 * Puts the held row under the pointer and pushes the others out of its way.
 * @param {HTMLElement} list
 * @param {Drag} drag
 */
function arrange(list, drag) {
  const { row } = drag;
  const rows = /** @type {HTMLElement[]} */ ([...list.children]);
  const top = drag.pointerY - drag.grabY - list.getBoundingClientRect().top;
  const height = row.offsetHeight;
  row.style.transform = `translateY(${top - row.offsetTop}px)`;

  const own = rows.indexOf(row);
  drag.before = null;
  for (const [index, other] of rows.entries()) {
    if (other === row) continue;
    const otherMiddle = other.offsetTop + other.offsetHeight / 2;
    // A row below makes room as soon as the held row's lower edge passes its middle, one above as
    // soon as the upper edge does.
    const above = index < own ? otherMiddle < top : otherMiddle < top + height;
    if (!above) drag.before ??= other;
    const shift = index < own && !above ? height : index > own && above ? -height : 0;
    other.style.transform = shift === 0 ? "" : `translateY(${shift}px)`;
  }
  const next = rows[own + 1] ?? null;
  if (drag.before === next) drag.before = row;
}
