/**
 * Hash grey pictures by the page's own code, without a browser: `node hash_greys.mjs SIZES PIXELS` prints a JSON list.
 *
 * SIZES is a JSON file of [width, height] pairs, PIXELS holds the bytes of one picture after another.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runInThisContext } from "node:vm";

import { bundle } from "../../functions/page/web/bundling/bundle.mjs";

const web = resolve(import.meta.dirname, "../../functions/page/web");
runInThisContext(Buffer.from(await bundle(web, resolve(import.meta.dirname, "grey_hashes.ts"))).toString());

const [sizes, pixels] = process.argv.slice(2).map((path) => readFileSync(path));
let at = 0;
const hashes = JSON.parse(sizes).map(([width, height]) => {
  const grey = { width, height, data: pixels.subarray(at, (at += width * height)) };
  return { ...globalThis.pdqOf(grey), phash: globalThis.phashOf(grey), windows: globalThis.windowHashes(grey) };
});
process.stdout.write(JSON.stringify(hashes));
