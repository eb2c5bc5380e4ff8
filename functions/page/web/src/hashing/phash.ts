/** The 64-bit pHash of ImageHash, by the steps of `unspread.hashing.phash`: scaled down, 32x32, DCT, median. */

import { type Grey, reduce } from "./grey.ts";
import { resize } from "./resize.ts";

const SHORT_SIDE = 128;
const LONGEST = 65_536;
const SIZE = 32;
const SIDE = 8;

/** Return the 16 hexadecimal digits of a picture's pHash. */
export function phashOf(grey: Grey): string {
  let small = grey;
  for (const square of [4, 4, 4, 2]) {
    if (Math.min(small.width, small.height) >= square * SHORT_SIDE) small = reduce(small, square);
  }
  if (Math.max(small.width, small.height) > LONGEST) {
    const shares = [small.width, small.height].map((side) => Math.max(1, Math.floor(side / SHORT_SIDE)));
    small = reduce(small, shares[0], shares[1]);
  }
  return hexOf(lowFrequencies(resize(small, SIZE, SIZE).data));
}

/** scipy.fftpack's DCT-II, unscaled, in both directions: the 8x8 lowest frequencies, the mean included. */
function lowFrequencies(pixels: Uint8Array): Float64Array {
  const wave = (frequency: number, at: number) => 2 * Math.cos((Math.PI * frequency * (2 * at + 1)) / (2 * SIZE));
  const low = new Float64Array(SIDE * SIDE);
  for (let v = 0; v < SIDE; v++) {
    for (let u = 0; u < SIDE; u++) {
      let sum = 0;
      for (let y = 0; y < SIZE; y++) {
        let line = 0;
        for (let x = 0; x < SIZE; x++) line += pixels[y * SIZE + x] * wave(u, x);
        sum += line * wave(v, y);
      }
      low[v * SIDE + u] = sum;
    }
  }
  return low;
}

function hexOf(low: Float64Array): string {
  const ordered = Float64Array.from(low).sort();
  const median = (ordered[SIDE * 4 - 1] + ordered[SIDE * 4]) / 2;
  let hex = "";
  for (let at = 0; at < low.length; at += 4) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit++) digit = digit * 2 + (low[at + bit] > median ? 1 : 0);
    hex += digit.toString(16);
  }
  return hex;
}
