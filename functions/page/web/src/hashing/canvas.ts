/** Reading a picture's pixels through a canvas, and whether this browser lets us. */

import { type Source, TILE_SIDE, tileRows } from "./luma.ts";

const LARGEST_ERROR = 2; // of 255: beyond it, something alters what is read, to tell visitors apart
const PROBE_SIDE = 32;

/** A decoded picture in the browser's hands. Its tiles are drawn on white. */
export class CanvasSource implements Source {
  #context: OffscreenCanvasRenderingContext2D;
  #picture: ImageBitmap | VideoFrame;

  constructor(
    picture: ImageBitmap | VideoFrame,
    readonly width: number,
    readonly height: number,
  ) {
    const wide = Math.min(TILE_SIDE, width);
    this.#picture = picture;
    this.#context = contextOf(wide, Math.min(tileRows(wide), height));
  }

  tile(left: number, top: number, width: number, height: number): Uint8ClampedArray {
    this.#context.fillRect(0, 0, width, height);
    this.#context.drawImage(this.#picture, left, top, width, height, 0, 0, width, height);
    return this.#context.getImageData(0, 0, width, height).data;
  }

  close(): void {
    this.#picture.close();
    this.#context.canvas.width = this.#context.canvas.height = 0; // now, not when it is collected
  }
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true, alpha: false });
  if (!context) throw new Error("No canvas.");
  context.fillStyle = "#fff";
  context.imageSmoothingEnabled = false;
  return context;
}

/**
 * Return whether pixels are read as they were drawn.
 *
 * Protection against fingerprinting (Tor Browser, Firefox's resistFingerprinting, some extensions) returns noise: a hash of it
 * looks like any other, and finds nothing.
 */
export async function canvasIsFaithful(): Promise<boolean> {
  if (typeof OffscreenCanvas === "undefined" || typeof createImageBitmap === "undefined") return false;
  const pattern = new ImageData(PROBE_SIDE, PROBE_SIDE);
  for (let at = 0; at < pattern.data.length; at++) {
    pattern.data[at] = at % 4 === 3 ? 255 : (at * 2654435761) >>> 24;
  }
  const source = new CanvasSource(await createImageBitmap(pattern), PROBE_SIDE, PROBE_SIDE);
  try {
    const read = source.tile(0, 0, PROBE_SIDE, PROBE_SIDE);
    return pattern.data.every((value, at) => Math.abs(value - read[at]) <= LARGEST_ERROR);
  } catch {
    return false; // refused altogether
  } finally {
    source.close();
  }
}
