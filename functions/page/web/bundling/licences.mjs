/** The licences of the third-party parts that the site contains, in one text. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

const PARTS = [
  {
    name: "libheif-js",
    files: ["LICENSE", "libheif-wasm/LICENSE"],
    note:
      "libheif and libde265, compiled to WebAssembly, opens HEIC pictures. It is under the GNU Lesser General Public License, " +
      "and is a file of its own beside this one (heif-wasm-*.wasm, loaded by heif-worker-*.js): you may replace it by another " +
      "version and build the page anew. Its source: https://github.com/strukturag/libheif, https://github.com/strukturag/libde265.",
  },
  {
    name: "@jsquash/jpeg",
    files: ["LICENSE", "codec/LICENSE.codec.md"],
    note: "mozjpeg's decoder, compiled to WebAssembly, opens JPEG pictures where the browser's canvas cannot be trusted.",
  },
  { name: "hash-wasm", files: ["LICENSE"], note: "SHA-256 and MD5, in the hashing worker." },
];

/**
 * @param {string} web the folder of node_modules
 * @returns {Promise<string>}
 */
export async function licences(web) {
  const parts = PARTS.map(async ({ name, files, note }) => {
    const folder = join(web, "node_modules", name);
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    return [`${name} ${version}`, note, ...texts.map((text) => text.trim())].join("\n\n");
  });
  return `${(await Promise.all(parts)).join(`\n\n${"=".repeat(80)}\n\n`)}\n`;
}
