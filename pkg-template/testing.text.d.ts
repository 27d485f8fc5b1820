/** The wasm as printable characters. */
declare const text: string;
export default text;
