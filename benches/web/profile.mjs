// @ts-check
// Where the time goes, by function: Chromium's own sampling profiler.

const INTERVAL_US = 100;
const LINES = 30;

/**
 * Starts it; returns what stops it and says what it saw. Warming and checking are in it too.
 * @param {import("playwright-core").Page} page
 */
export async function profile(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Profiler.enable");
  await session.send("Profiler.setSamplingInterval", { interval: INTERVAL_US });
  await session.send("Profiler.start");
  return async () => {
    const { profile } = await session.send("Profiler.stop");
    /** @type {Map<number, string>} */
    const names = new Map();
    for (const { id, callFrame } of profile.nodes) {
      const { functionName, url, lineNumber } = callFrame;
      const place = url.startsWith("http") ? `:${lineNumber + 1}` : "";
      names.set(id, `${functionName || "(anonymous)"}${place}`);
    }
    /** @type {Map<string, number>} */
    const self = new Map();
    let all = 0;
    (profile.samples ?? []).forEach((id, i) => {
      const ms = (profile.timeDeltas?.[i] ?? 0) / 1000;
      const name = names.get(id) ?? "?";
      if (name === "(idle)" || name === "(program)") return;
      self.set(name, (self.get(name) ?? 0) + ms);
      all += ms;
    });
    const lines = [...self].sort(([, a], [, b]) => b - a).slice(0, LINES);
    const text = lines.map(([name, ms]) => {
      const share = `${((100 * ms) / all).toFixed(1)} %`;
      return `${share.padStart(7)} ${ms.toFixed(0).padStart(7)} ms  ${name}`;
    });
    return text.join("\n");
  };
}
