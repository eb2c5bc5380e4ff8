/** From a file to its hashes: the way that every file takes, whoever decodes it. */

import type { Frame } from "./browser_decoder.ts";
import { isComplete } from "./complete.ts";
import { digestsOf } from "./digests.ts";
import { MOST_PIXELS, pixelsOf } from "./dimensions.ts";
import { HashingError, type Reason } from "./errors.ts";
import { HEAD_BYTES, type PictureFormat, isVideo, pictureFormat } from "./format.ts";
import { type Grey, upright } from "./grey.ts";
import { lumaOf } from "./luma.ts";
import { withoutOrientation } from "./orientation.ts";
import { MINIMUM_QUALITY, pdqOf } from "./pdq.ts";
import { phashOf } from "./phash.ts";
import type { HashedFile, PictureHash } from "./protocol.ts";
import { windowHashes } from "./windows.ts";

/** Decodes a picture into the frames that are to be hashed. */
export type Decode = (file: Blob, format: PictureFormat, bytes: Uint8Array<ArrayBuffer>) => AsyncGenerator<Frame>;

// Shares of the time that a 12-megapixel JPEG takes, roughly.
const AFTER_DIGESTS = 0.1;
const AFTER_DECODING = 0.4;
const AFTER_LUMA = 0.8;

/**
 * Hash a picture or a video.
 *
 * @param onProgress called with the share that is done, 0 to 1
 * @throws {HashingError} with the digests, once they are known
 */
export async function hashFile(file: Blob, decode: Decode, onProgress: (done: number) => void): Promise<HashedFile> {
  if (file.size === 0) throw new HashingError("empty");
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const format = pictureFormat(head);
  if (!format && !isVideo(head, file.type)) throw new HashingError("unsupported");
  const share = format ? AFTER_DIGESTS : 1;
  const digests = await digestsOf(file, (done) => onProgress(done * share));
  // A video's frames would be hashed here; until then exact copies of the file are found, and no others.
  if (!format) return { kind: "video", ...digests, hashes: [], lowQuality: false };
  try {
    const hashes = await hashesOf(file, format, decode, onProgress);
    return { kind: "image", ...digests, hashes, lowQuality: hashes.length === 0 };
  } catch (error) {
    throw new HashingError(reasonOf(error), { kind: "image", ...digests }, format);
  }
}

async function hashesOf(
  file: Blob,
  format: PictureFormat,
  decode: Decode,
  onProgress: (done: number) => void,
): Promise<PictureHash[]> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (pixelsOf(bytes, format) > MOST_PIXELS) throw new HashingError("too_large");
  if (!isComplete(bytes, format)) throw new HashingError("damaged");
  const { file: pixels, orientation } = withoutOrientation(file, bytes, format);
  const found = new Map<string, PictureHash>();
  let frame = 0;
  for await (const { source, frames } of decode(pixels, format, bytes)) {
    const step = (done: number) =>
      onProgress(AFTER_DECODING + ((frame + done) / frames) * (AFTER_LUMA - AFTER_DECODING));
    let grey: Grey;
    try {
      grey = upright(lumaOf(source, step), orientation);
    } finally {
      source.close();
    }
    const { pdq, quality } = pdqOf(grey);
    if (quality >= MINIMUM_QUALITY && !found.has(pdq)) {
      const parts = frames === 1 ? { windows: windowHashes(grey) } : {};
      found.set(pdq, { pdq, quality, phash: phashOf(grey), ...parts });
    }
    frame += 1;
  }
  onProgress(1);
  return [...found.values()];
}

/** What is no error of ours is most likely a lack of memory. */
function reasonOf(error: unknown): Reason {
  if (error instanceof HashingError) return error.reason;
  return error instanceof RangeError || error instanceof DOMException ? "too_large" : "failed";
}
