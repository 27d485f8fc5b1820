// @ts-check
// A clock and chance.

export const now = () => performance.now();
export const random = () => crypto.getRandomValues(new Uint32Array(1))[0];
