/** The wasm in hexadecimal digits. */
declare const hex: string;
export default hex;
