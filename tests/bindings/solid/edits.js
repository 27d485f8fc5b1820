// @ts-check
// Edits of lists and of what is in them, from a seed.

/** @typedef {{ next: (below: number) => number }} Chance */

/** @param {number} seed @returns {Chance} */
function chance(seed) {
  let state = seed;
  return {
    next(below) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    },
  };
}

/** @type {((list: any[], item: () => any, { next }: Chance) => void)[]} */
const EDITS = [
  (list, item) => void list.unshift(item()),
  (list, item, { next }) => void list.splice(next(list.length + 1), 0, item()),
  (list, _, { next }) => void list.splice(next(list.length + 1), 1 + next(2)),
  (list, _, { next }) => {
    const [moved] = list.splice(next(list.length), 1);
    if (moved !== undefined) list.splice(next(list.length + 1), 0, moved);
  },
  (list, item, { next }) => {
    if (list.length > 0) list[next(list.length)] = item();
  },
  (list, _, { next }) => {
    const item = list[next(list.length)];
    if (item) item.text = `edited ${next(100)}`;
  },
  (list, _, { next }) => {
    const item = list[next(list.length)];
    if (item) (item.tags ??= []).unshift({ name: `tag ${next(100)}` });
  },
  (list) => void list.reverse(),
  (list, _, { next }) => {
    if (next(10) === 0) list.length = 0;
  },
];

/**
 * Edits a store many times, and says after which edit something did not hold.
 * @param {import("draftsync").SyncedStore<any>} store
 * @param {number} seed
 * @param {number} times
 * @param {() => boolean} holds
 * @returns {number} -1 when it always has
 */
export function edits(store, seed, times, holds) {
  const dice = chance(seed);
  // Few names, so that some items have the same one, and some have none.
  const item = () => ({
    text: `new ${dice.next(100)}`,
    id: ["a", "b", "c", "", null][dice.next(5)],
  });
  for (let time = 0; time < times; time++) {
    const before = store.state;
    const text = JSON.stringify(before);
    store.update((draft) => {
      for (let more = 1 + dice.next(3); more > 0; more--) {
        EDITS[dice.next(EDITS.length)]?.(draft.todos, item, dice);
      }
    });
    if (!holds() || JSON.stringify(before) !== text) return time;
  }
  return -1;
}
