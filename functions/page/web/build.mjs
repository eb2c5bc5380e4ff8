/** Build the site: `node build.mjs OUT`. It prints the site's digest; docs/page.md says how to check it. */

import { resolve } from "node:path";

import { buildSite } from "./bundling/site.mjs";

const [out, ...more] = process.argv.slice(2);
if (!out || more.length > 0) throw new Error("Usage: node build.mjs OUT");

const site = await buildSite({ web: import.meta.dirname });
await site.write(resolve(out));
console.log(`${site.digest}  ${site.files.size} files`);
