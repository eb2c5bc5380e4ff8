/** SHA-256 and MD5 of a file of any size, in constant memory. */

import { createMD5, createSHA256 } from "hash-wasm";

const CHUNK = 4 << 20; // bytes

/**
 * Return the digests, in hexadecimal.
 *
 * @param onProgress called with the share that is done, 0 to 1
 */
export async function digestsOf(
  file: Blob,
  onProgress: (done: number) => void,
): Promise<{ sha256: string; md5: string }> {
  const [sha256, md5] = await Promise.all([createSHA256(), createMD5()]);
  for (let at = 0; at < file.size; at += CHUNK) {
    const chunk = new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer());
    sha256.update(chunk);
    md5.update(chunk);
    onProgress(Math.min(1, (at + CHUNK) / file.size));
  }
  return { sha256: sha256.digest("hex"), md5: md5.digest("hex") };
}
