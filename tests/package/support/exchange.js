// @ts-check
// What every way of loading the package has to do: one store writes, another one sees it.

/**
 * @param {typeof import("../../../pkg-template/index.js").SyncedStore} SyncedStore
 * @param {string} url
 * @param {Partial<import("../../../pkg-template/index.js").SyncedStoreOptions<{ items: string[] }>>} [options]
 * @returns {Promise<string>} what the other store has seen
 */
export async function exchange(SyncedStore, url, options) {
  const initial = () => ({ items: /** @type {string[]} */ ([]) });
  const writer = await SyncedStore.open(url, { initial, ...options });
  const reader = await SyncedStore.open(url, { initial, ...options });
  const seen = new Promise((resolve) => {
    reader.subscribe(() => {
      if (reader.state.items.length > 0) resolve(reader.state.items);
    });
  });
  const change = writer.update((draft) => {
    draft.items.push("milk");
  });
  await change.confirmed;
  const items = await seen;
  const frozen = Object.isFrozen(reader.state.items);
  writer.dispose();
  reader.dispose();
  return `${items.join()} ${frozen ? "frozen" : "plain"}`;
}
