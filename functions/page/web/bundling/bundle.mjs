/** esbuild, with the options that make its output the same everywhere. */

import { readFile } from "node:fs/promises";

import { build, transform } from "esbuild";

const TARGET = ["chrome109", "firefox115", "safari16.4"];

/** libheif's and mozjpeg's loaders name Node's modules in branches that no browser takes. */
const withoutNode = {
  name: "without-node",
  setup(plugin) {
    plugin.onResolve({ filter: /^(node:.*|fs|path|crypto|module|worker_threads)$/ }, ({ path }) => ({
      path,
      namespace: "without-node",
    }));
    plugin.onLoad({ filter: /.*/, namespace: "without-node" }, () => ({ contents: "module.exports = {};" }));
  },
};

/**
 * Bundle one entry point into one classic script.
 *
 * @param {string} web the folder of package.json; no other path may get into the output
 * @param {string} entry
 * @param {object} [how]
 * @param {Record<string, string>} [how.define] expressions put in place of names
 * @param {string} [how.banner] a statement that comes before all others
 * @returns {Promise<Uint8Array>}
 */
export async function bundle(web, entry, { define = {}, banner = "" } = {}) {
  const { outputFiles } = await build({
    absWorkingDir: web,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: TARGET,
    charset: "utf8",
    minify: true,
    legalComments: "none", // licences.txt has the licences in full
    define: { "import.meta.url": "undefined", ...define },
    banner: { js: banner },
    nodePaths: [`${web}/node_modules`],
    plugins: [withoutNode],
    logLevel: "warning",
    tsconfigRaw: await readFile(`${web}/tsconfig.json`, "utf8"),
  });
  return outputFiles[0].contents;
}

/** Return style sheet text without what only people need. */
export async function minifyStyles(text) {
  const { code } = await transform(text, { loader: "css", minify: true, target: TARGET, charset: "utf8" });
  return code;
}
