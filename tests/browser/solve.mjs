/**
 * Run the proof worker as it is shipped, in Node: `node solve.mjs`, challenges in a JSON list on standard input.
 * Prints [{ solution, milliseconds }].
 */

import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";

import { bundle } from "../../functions/page/web/bundling/bundle.mjs";

const web = resolve(import.meta.dirname, "../../functions/page/web");
let hear;
let answered;
globalThis.addEventListener = (_, listener) => (hear = listener);
globalThis.self = { postMessage: (message) => answered(message) };
const script = await bundle(web, join(web, "src/proof/worker.ts"));
(0, eval)(Buffer.from(script).toString());

const outcomes = [];
for (const challenge of JSON.parse(await text(process.stdin))) {
  const start = performance.now();
  const solution = await new Promise((done) => {
    answered = done;
    hear({ data: challenge });
  });
  outcomes.push({ solution, milliseconds: performance.now() - start });
}
console.log(JSON.stringify(outcomes));
