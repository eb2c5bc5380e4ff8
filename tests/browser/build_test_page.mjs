/**
 * Build a page of the tests by the real build: `node build_test_page.mjs PAGE OUT`.
 *
 * PAGE is a folder beside this file. Its `hostile.ts`, if there is one, is served thrice: as our workers are,
 * under their headers alone, and as an ordinary script.
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { buildSite } from "../../functions/page/web/bundling/site.mjs";

const [name, out] = process.argv.slice(2);
const page = resolve(import.meta.dirname, name);
const web = resolve(import.meta.dirname, "../../functions/page/web");
const hostile = join(page, "hostile.ts");
const script = (role, guarded) => ({ entry: hostile, role, guarded });
const more = { guarded: script("worker", true), confined: script("worker", false), free: script("asset", false) };
await (await buildSite({ web, page, more: existsSync(hostile) ? more : {} })).write(resolve(out));
