// @ts-check
// One page, with the contenders and the built package in one bundle.

import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Only an isolated page has a clock that ticks every 5 µs. */
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<title>bench</title><script type="module" src="/page.js"></script>`;

/** All in production form. @param {string} pkg the folder of the built package */
async function bundle(pkg) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page.mjs", import.meta.url))],
    alias: { draftsync: `${pkg}/index.js` },
    define: { "process.env.NODE_ENV": '"production"' },
    bundle: true,
    format: "esm",
    minifySyntax: true,
    target: "es2022",
    write: false,
  });
  return outputFiles[0].text;
}

/** @param {string} pkg */
export async function servePage(pkg) {
  const script = await bundle(pkg);
  const server = http.createServer(({ url }, response) => {
    const [type, body] = url === "/page.js" ? ["text/javascript", script] : ["text/html", PAGE];
    response.writeHead(200, { "content-type": `${type}; charset=utf-8`, ...HEADERS }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
