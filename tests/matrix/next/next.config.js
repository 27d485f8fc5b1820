// @ts-check
import { fileURLToPath } from "node:url";

// The packages are in the folder above that of the apps.
export default { turbopack: { root: fileURLToPath(new URL("../../", import.meta.url)) } };
