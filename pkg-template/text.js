// @ts-check
// Reads wasm that a module carries as text; `xtask/src/pkg.rs` writes it.

/**
 * A character is a number, 2 below it; each space before it adds 85, and each `!` twice that;
 * numbers above 255 begin at 0 again. What differs from 113 in the same bits is the byte.
 * @param {string} text
 */
export function decode(text) {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let more = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 33) {
      bytes[length++] = (code + 2 + more) ^ 113;
      more = 0;
    } else more += (code - 31) * 85;
  }
  return bytes.subarray(0, length);
}
