// @ts-check
// The state of the connection in words, the number of edits that wait, and the offline switch.

/** @typedef {import("/pkg/index.js").Status} Status */

/**
 * @typedef {object} ConnectionParts
 * @property {HTMLElement} pill
 * @property {HTMLElement} pillText
 * @property {HTMLElement} text
 * @property {HTMLElement} pending
 * @property {HTMLButtonElement} toggle a switch, whose `data-on` says what it is when it is on
 */

/** @param {number} count */
function edits(count) {
  return count === 1 ? "1 edit" : `${count} edits`;
}

/**
 * @param {Status} status
 * @param {boolean} onPurpose whether the switch says offline
 * @param {number} nowMs
 * @returns {{ look: string, short: string, long: string }}
 */
export function describe(status, onPurpose, nowMs) {
  switch (status.state) {
    case "loading":
      return { look: "busy", short: "Starting", long: "Loading the library." };
    case "connecting": {
      const again = status.attempt > 1 ? ` Attempt ${status.attempt}.` : "";
      return { look: "busy", short: "Connecting", long: `Reaching the server.${again}` };
    }
    case "connected":
      return status.synced
        ? { look: "good", short: "Connected", long: "Everything here is on the server." }
        : { look: "good", short: "Sending", long: "Waiting for the server to confirm." };
    case "offline": {
      if (onPurpose) {
        return { look: "off", short: "Offline", long: "You are offline, by your own choice." };
      }
      return { look: "bad", short: "No connection", long: retryText(status.retryAt, nowMs) };
    }
    case "needs-auth":
      return { look: "bad", short: "Not let in", long: status.error.message };
    case "failed":
      return { look: "bad", short: "Stopped", long: status.error.message };
    case "closed":
      return { look: "off", short: "Closed", long: "This window has left the room." };
  }
}

/**
 * @param {number | null} retryAt
 * @param {number} nowMs
 */
function retryText(retryAt, nowMs) {
  if (retryAt === null) return "The server cannot be reached.";
  const seconds = Math.ceil((retryAt - nowMs) / 1000);
  if (seconds <= 0) return "The server cannot be reached. Trying again now.";
  return `The server cannot be reached. Trying again in ${seconds} s.`;
}

/**
 * @param {ConnectionParts} parts
 * @param {{ connect: () => void, disconnect: () => void }} store
 * @param {(sentence: string) => void} announce
 */
export function makeConnection(parts, store, announce) {
  const onIsOffline = parts.toggle.dataset.on === "offline";
  let offline = false;
  let spoken = "";
  /** @type {Status | undefined} */
  let status;
  /** @type {number | undefined} */
  let ticking;

  /** @param {string} text */
  function retext(text) {
    if (parts.text.textContent !== text) parts.text.textContent = text;
  }

  function show() {
    if (!status) return;
    const { look, short, long } = describe(status, offline, Date.now());
    parts.pill.dataset.state = status.state;
    parts.pill.dataset.look = look;
    const { pending } = status;
    parts.pillText.textContent = pending === 0 ? short : `${short} · ${pending}`;
    retext(long);
    parts.pending.hidden = pending === 0;
    parts.pending.textContent = pending === 0 ? "" : `${edits(pending)} waiting`;
    parts.pill.dataset.pending = String(pending);
    speak(short);
    countDown();
  }

  /**
   * Says changes of the connection, but not each edit that goes out.
   * @param {string} short
   */
  function speak(short) {
    const sentence = short === "Sending" ? "Connected" : short;
    if (sentence === spoken) return;
    // The way from loading to connected is not news.
    if (spoken !== "" || status?.state === "offline") announce(sentence);
    if (status?.state !== "loading" && status?.state !== "connecting") spoken = sentence;
  }

  function countDown() {
    const waiting = status?.state === "offline" && status.retryAt !== null;
    if (waiting && ticking === undefined) {
      ticking = setInterval(() => {
        if (status) retext(describe(status, offline, Date.now()).long);
      }, 500);
    } else if (!waiting && ticking !== undefined) {
      clearInterval(ticking);
      ticking = undefined;
    }
  }

  /** @param {boolean} wanted */
  function goOffline(wanted) {
    offline = wanted;
    parts.toggle.setAttribute("aria-checked", String(offline === onIsOffline));
    if (offline) store.disconnect();
    else store.connect();
    show();
  }

  parts.toggle.addEventListener("click", () => goOffline(!offline));

  return {
    goOffline,
    /** @param {Status} next */
    show(next) {
      status = next;
      show();
    },
  };
}
