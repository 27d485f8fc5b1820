// @ts-check
// Many short rounds over all contenders, so that what disturbs the machine disturbs all alike.

/**
 * Milliseconds for one operation, by what was measured; `bytes` for one operation too.
 * @typedef {Record<string, number>} Sample
 *
 * @typedef {object} Runner
 * @property {string} id
 * @property {number} cap most operations in one batch
 * @property {(size: number) => Sample} run a batch, checked; throws when its result is wrong
 *
 * @typedef {object} Plan
 * @property {number} rounds
 * @property {number} budgetMs after it no round is begun, once there were `ROUNDS_MIN`
 * @property {number} warmMs for each contender, before the first round
 */

const ROUNDS_MIN = 5;
/** The clock of an isolated page ticks every 5 µs: a batch of a millisecond is right to 0.5 %. */
const BATCH_MS = 1;
/** What is slower than this needs no batch and little warming. */
const SLOW_MS = 100;

/**
 * @param {Runner[]} runners
 * @param {Plan} plan
 * @returns {Promise<Record<string, Sample[]>>} the samples of each
 */
export async function interleave(runners, { rounds, budgetMs, warmMs }) {
  /** @type {Record<string, Sample[]>} */
  const samples = {};
  /** @type {number[]} */
  const sizes = [];
  for (const runner of runners) {
    samples[runner.id] = [];
    sizes.push(await warmed(runner, warmMs));
  }
  const end = performance.now() + budgetMs;
  for (let round = 0; round < rounds; round++) {
    if (round >= ROUNDS_MIN && performance.now() > end) break;
    for (let turn = 0; turn < runners.length; turn++) {
      // Another one begins each round: nobody always follows the same neighbour.
      const at = (round + turn) % runners.length;
      await breathe();
      samples[runners[at].id].push(runners[at].run(sizes[at]));
    }
  }
  return samples;
}

/**
 * Runs until the code is compiled; returns how many operations make a batch.
 * @param {Runner} runner
 * @param {number} warmMs
 */
async function warmed(runner, warmMs) {
  const end = performance.now() + warmMs;
  let size = 1;
  for (;;) {
    await breathe();
    const sample = runner.run(size);
    const times = Object.entries(sample).filter(([what]) => what !== "bytes");
    const shortest = Math.min(...times.map(([, ms]) => ms)) * size;
    const longest = Math.max(...times.map(([, ms]) => ms)) * size;
    const enough = shortest >= BATCH_MS || longest >= SLOW_MS || size >= runner.cap;
    if (enough && (performance.now() > end || longest >= SLOW_MS)) return size;
    if (!enough) size = Math.min(size * 2, runner.cap);
  }
}

/** Lets promises and timers of the contender before run, and takes away its young garbage. */
async function breathe() {
  await new Promise((resolve) => setTimeout(resolve));
  const { gc } = /** @type {{ gc?: (options: { type: string }) => void }} */ (globalThis);
  gc?.({ type: "minor" });
}
