// @ts-check
// Reads wasm that a module carries as text; `xtask/src/pkg.rs` writes it.

/**
 * A character is a byte, 43 above it; each space before it adds 86 to the byte, and each `!` twice
 * that. Bytes above 255 begin at 0 again.
 * @param {string} text
 */
export function decode(text) {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let more = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 33) {
      bytes[length++] = code - 43 + more;
      more = 0;
    } else more += (code - 31) * 86;
  }
  return bytes.subarray(0, length);
}
