// @ts-check
// Waiting for a condition, never for a time.

const DEADLINE_MS = 20_000;
const POLL_MS = 20;

/**
 * Asks again and again until `check` gives something true, and fails with what it saw last.
 * @template R
 * @param {string} what the condition in words
 * @param {() => R | Promise<R>} check may throw: then the condition does not hold yet
 * @param {number} [deadlineMs]
 * @returns {Promise<R>}
 */
export async function until(what, check, deadlineMs = DEADLINE_MS) {
  const end = performance.now() + deadlineMs;
  /** @type {unknown} */
  let last;
  for (;;) {
    try {
      const result = await check();
      if (result) return result;
      last = result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`after ${deadlineMs} ms still not true: ${what}; last seen: ${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
