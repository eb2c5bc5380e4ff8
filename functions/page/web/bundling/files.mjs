/** The files of the site, named by their content, with the manifest by which functions/page serves them. */

import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
};
const DOCUMENT = "index.html";
const DIGEST = "{{digest}}";

const sha256 = (content) => createHash("sha256").update(content).digest("hex");

export class Files {
  constructor() {
    /** Path in the site -> { content, role }. */
    this.files = new Map();
  }

  /**
   * Add an asset.
   *
   * @param {string} stem the first part of its name
   * @param {string} type the ending of its name, a key of `TYPES`
   * @param {string | Uint8Array} content
   * @param {{ role?: "asset" | "worker" }} [as]
   * @returns {string} its address, relative to the page
   */
  add(stem, type, content, { role = "asset" } = {}) {
    if (!(type in TYPES)) throw new Error(`No content type is known for .${type}: add it to TYPES.`);
    const path = `assets/${stem}-${sha256(content).slice(0, 12)}.${type}`;
    this.files.set(path, { content, role });
    return path;
  }

  /**
   * Add the page itself, and fill in the digest of the site where it says `{{digest}}`.
   *
   * The digest is the SHA-256 of the lines that `sha256sum` would print for all files, in the order of their paths, the page
   * taken as it is before the digest is filled in.
   */
  document(html) {
    this.files.set(DOCUMENT, { content: html, role: "document" });
    const paths = [...this.files.keys()].sort();
    this.digest = sha256(paths.map((path) => `${sha256(this.files.get(path).content)}  ${path}\n`).join(""));
    this.files.set(DOCUMENT, { content: html.replaceAll(DIGEST, this.digest), role: "document" });
  }

  manifest() {
    const entries = [...this.files.keys()].sort().map((path) => {
      const type = TYPES[path.slice(path.lastIndexOf(".") + 1)];
      const { role } = this.files.get(path);
      return [path === DOCUMENT ? "" : path, { file: path, type, role, binary: type === TYPES.wasm }];
    });
    return { digest: this.digest, files: Object.fromEntries(entries) };
  }

  /** Write everything into a folder, in place of the site that it may hold. */
  async write(folder) {
    await rm(join(folder, "assets"), { recursive: true, force: true });
    for (const [path, { content }] of this.files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    await writeFile(join(folder, "manifest.json"), `${JSON.stringify(this.manifest(), null, 1)}\n`);
  }
}
