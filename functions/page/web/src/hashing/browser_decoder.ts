/** Decoding by the browser itself, by the rule of docs/hashing.md: no colour conversion, and no turning but AVIF's own. */

import { CanvasSource } from "./canvas.ts";
import { HashingError } from "./errors.ts";
import { MEDIA_TYPES, type PictureFormat } from "./format.ts";
import { chosenFrames } from "./frames.ts";
import type { Source } from "./luma.ts";

/** One of the frames to be hashed, and how many there are of them. */
export interface Frame {
  source: Source;
  frames: number;
}

const MAY_MOVE = new Set<PictureFormat>(["GIF", "PNG", "WEBP", "AVIF"]);
/**
 * Firefox decodes for createImageBitmap on the page's own thread, although a worker asks, and for ImageDecoder it does not. Chromium's
 * frames would be the worse choice for large stills: each part that is drawn of one converts all of it.
 */
const STILLS_BY_IMAGE_DECODER = navigator.userAgent.includes("Gecko/");
const EVERY_BROWSER = new Set<PictureFormat>(["JPEG", "PNG", "GIF", "BMP", "WEBP"]);

/**
 * Yield the frames of a picture that are to be hashed. Close each before asking for the next.
 *
 * Without ImageDecoder only the first frame of an animated picture can be reached.
 */
export async function* framesByBrowser(file: Blob, format: PictureFormat): AsyncGenerator<Frame> {
  const decoder = STILLS_BY_IMAGE_DECODER || MAY_MOVE.has(format) ? await imageDecoder(file, format) : null;
  if (!decoder) {
    const bitmap = await still(file, format);
    yield { source: new CanvasSource(bitmap, bitmap.width, bitmap.height), frames: 1 };
    return;
  }
  const indices = chosenFrames(decoder.tracks.selectedTrack?.frameCount ?? 1);
  try {
    for (const frameIndex of indices) {
      const { image } = await decoder.decode({ frameIndex }).catch(() => {
        throw new HashingError("damaged");
      });
      yield { source: new CanvasSource(image, image.displayWidth, image.displayHeight), frames: indices.length };
    }
  } finally {
    decoder.close();
  }
}

async function still(file: Blob, format: PictureFormat): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file.slice(0, file.size, MEDIA_TYPES[format]), { colorSpaceConversion: "none" });
  } catch {
    throw new HashingError((await canOpen(format)) ? "damaged" : "decoder_missing");
  }
}

async function canOpen(format: PictureFormat): Promise<boolean> {
  if (EVERY_BROWSER.has(format)) return true;
  return typeof ImageDecoder !== "undefined" && (await ImageDecoder.isTypeSupported(MEDIA_TYPES[format]));
}

/** Return a decoder of a picture; null if createImageBitmap does better, or this browser has none. */
async function imageDecoder(file: Blob, format: PictureFormat): Promise<ImageDecoder | null> {
  const type = MEDIA_TYPES[format];
  if (typeof ImageDecoder === "undefined" || !(await ImageDecoder.isTypeSupported(type))) return null;
  const decoder = new ImageDecoder({ data: await file.arrayBuffer(), type, colorSpaceConversion: "none" });
  try {
    await Promise.all([decoder.tracks.ready, decoder.completed]);
    if (STILLS_BY_IMAGE_DECODER || (decoder.tracks.selectedTrack?.frameCount ?? 0) > 1) return decoder;
  } catch {
    // damaged: createImageBitmap says so
  }
  decoder.close();
  return null;
}
