/** From the sources to the files of the site: workers first, then the page, which knows their addresses. */

import { readFile, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { bundle, minifyStyles } from "./bundle.mjs";
import { Files } from "./files.mjs";
import { licences } from "./licences.mjs";

const WORKERS = {
  hashingWorker: { entry: "src/hashing/worker.ts", role: "worker", guarded: true },
  heifWorker: { entry: "src/hashing/heif_worker.ts", role: "worker", guarded: true },
  proofWorker: { entry: "src/proof/worker.ts", role: "worker", guarded: true },
};
/**
 * The first statement of every worker. Its policy denies it all network, but Firefox (140 ESR seen) loads fonts for a worker all the
 * same. Without the constructor there is none to load, and a worker cannot get it from elsewhere: it may start no other.
 */
const GUARD = "delete self.FontFace;";
const WASM = {
  jpegWasm: "node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm",
  heifWasm: "node_modules/libheif-js/libheif-wasm/libheif.wasm",
};
const PAGE = "src/page";

/**
 * @param {object} what
 * @param {string} what.web the folder of package.json
 * @param {string} [what.page] the folder of the page: main.ts, index.html and what that names; tests have pages of their own
 * @param {Record<string, { entry: string, role: "worker" | "asset", guarded: boolean }>} [what.more] more scripts by their name
 *   in `assets`; tests have hostile ones
 * @returns {Promise<Files>}
 */
export async function buildSite({ web, page = join(web, PAGE), more = {} }) {
  const files = new Files();
  const assets = { messages: await addMessages(files, join(web, "messages")) };
  for (const [name, { entry, role, guarded }] of Object.entries({ ...WORKERS, ...more })) {
    const script = await bundle(web, resolve(web, entry), guarded ? { banner: GUARD } : {});
    assets[name] = files.add(kebab(name), "js", script, { role });
  }
  for (const [name, path] of Object.entries(WASM)) {
    assets[name] = files.add(kebab(name), "wasm", await readFile(join(web, path)));
  }
  assets.licences = files.add("licences", "txt", await licences(web));
  const script = await bundle(web, join(page, "main.ts"), { define: { UNSPREAD_ASSETS: JSON.stringify(sorted(assets)) } });
  const named = { "page.js": files.add("page", "js", script), "licences.txt": assets.licences };
  files.document(await fillIn(join(page, "index.html"), named, files, page));
  return files;
}

async function addMessages(files, folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const table = {};
  for (const name of names.sort()) {
    const text = JSON.stringify(JSON.parse(await readFile(join(folder, name), "utf8")));
    const language = name.slice(0, -".json".length);
    table[language] = files.add(`messages-${language}`, "json", text);
  }
  return table;
}

/** Replace `{{name}}` by the address of that file: one built above, or one that lies beside the document. */
async function fillIn(template, named, files, page) {
  const html = await readFile(template, "utf8");
  const wanted = new Set([...html.matchAll(/\{\{([a-z0-9_-]+\.[a-z0-9]+)\}\}/g)].map((match) => match[1]));
  for (const name of [...wanted].sort()) {
    if (name in named) continue;
    const [stem, type] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf(".") + 1)];
    const text = await readFile(join(page, name), "utf8");
    named[name] = files.add(stem, type, type === "css" ? await minifyStyles(text) : text);
  }
  return html.replaceAll(/\{\{([a-z0-9_-]+\.[a-z0-9]+)\}\}/g, (_, name) => named[name]);
}

const kebab = (name) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const sorted = (table) => Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
