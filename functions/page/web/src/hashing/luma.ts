/** From decoded pixels to the grey picture that is hashed, tile by tile, so that no second copy of the picture is made. */

import { type Grey, newGrey, reduce } from "./grey.ts";

/** A decoded picture or frame. */
export interface Source {
  width: number;
  height: number;
  /** Return the RGBA of a part, alpha not premultiplied; valid until the next call. */
  tile(left: number, top: number, width: number, height: number): Uint8ClampedArray;
  close(): void;
}

const SHORT_SIDE = 1024; // pixels that a reduction leaves at least on both sides
export const TILE_SIDE = 4096; // pixels across at most; a multiple of all factors
const TILE_PIXELS = 1 << 20;

/** Return by how much the sides are divided before hashing: 8, 4, 2 or 1. */
export function reduction(width: number, height: number): number {
  const room = Math.floor(Math.min(width, height) / SHORT_SIDE);
  return [8, 4, 2].find((factor) => room >= factor) ?? 1;
}

/** Return how many rows a tile of this width has at most: a multiple of 8. */
export function tileRows(width: number): number {
  return Math.max(8, Math.floor(TILE_PIXELS / width / 8) * 8);
}

/**
 * Return the luma of a picture, reduced by the rule, not yet turned.
 *
 * @param onProgress called with the share that is done, 0 to 1
 */
export function lumaOf(source: Source, onProgress: (done: number) => void): Grey {
  const factor = reduction(source.width, source.height);
  const small = newGrey(Math.ceil(source.width / factor), Math.ceil(source.height / factor));
  const wide = Math.min(TILE_SIDE, source.width);
  const tall = tileRows(wide);
  for (let top = 0; top < source.height; top += tall) {
    const height = Math.min(tall, source.height - top);
    for (let left = 0; left < source.width; left += wide) {
      const width = Math.min(wide, source.width - left);
      const grey = greyOf(source.tile(left, top, width, height), width, height);
      put(small, factor > 1 ? reduce(grey, factor) : grey, left / factor, top / factor);
    }
    onProgress((top + height) / source.height);
  }
  return small;
}

/** Pillow's luma of RGB (ITU-R 601-2, fixed point), alpha composited on white as Pillow pastes. */
function greyOf(rgba: Uint8ClampedArray, width: number, height: number): Grey {
  const grey = newGrey(width, height);
  const { data } = grey;
  for (let pixel = 0, at = 0; pixel < data.length; pixel++, at += 4) {
    const luma = (19595 * rgba[at] + 38470 * rgba[at + 1] + 7471 * rgba[at + 2] + 0x8000) >> 16;
    const alpha = rgba[at + 3];
    data[pixel] = alpha === 255 ? luma : blend(luma, alpha);
  }
  return grey;
}

function blend(luma: number, alpha: number): number {
  const sum = 255 * (255 - alpha) + luma * alpha + 128;
  return ((sum >> 8) + sum) >> 8;
}

function put(into: Grey, part: Grey, left: number, top: number): void {
  for (let row = 0; row < part.height; row++) {
    into.data.set(part.data.subarray(row * part.width, (row + 1) * part.width), (top + row) * into.width + left);
  }
}
