// @ts-check
// Clocks and chance, and a function of the app's.

export const now = () => performance.now();
export const random = () => crypto.getRandomValues(new Uint32Array(1))[0];
export const dateNow = () => Date.now();
/** @param {() => unknown} body */
export const call = (body) => body();
