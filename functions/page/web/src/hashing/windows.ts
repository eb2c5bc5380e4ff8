/** Hashes of windows of a picture, by which crops and tilted copies are suspected: the rule is in docs/hashing.md. */

import { type Box, type Grey, crop, reduce } from "./grey.ts";
import { MINIMUM_QUALITY, pdqOf } from "./pdq.ts";
import { tilt } from "./tilt.ts";

const SHORT_SIDE = 512;
/** Share of each side that is kept, and how many positions along each side. */
const GRIDS = [
  [0.95, 1],
  [0.95, 2],
  [0.9, 3],
  [0.8, 3],
] as const;
const EDGE = 0.1; // of one side, cut off alone
const TILTS = [-6, -3, 3, 6]; // degrees counter-clockwise

/** Return the PDQ hashes of the windows of a picture, at most 31; those without enough in them are left out. */
export function windowHashes(grey: Grey): string[] {
  const factor = Math.floor(Math.min(grey.width, grey.height) / SHORT_SIDE);
  const picture = factor > 1 ? reduce(grey, factor) : grey;
  const parts = [...boxes(picture.width, picture.height)].map((box) => crop(picture, box));
  const tilted = TILTS.map((angle) => tilt(picture, angle));
  return [...parts, ...tilted]
    .map(pdqOf)
    .filter(({ quality }) => quality >= MINIMUM_QUALITY)
    .map(({ pdq }) => pdq);
}

function* boxes(width: number, height: number): Generator<Box> {
  for (const [share, positions] of GRIDS) {
    const starts =
      positions === 1
        ? [(1 - share) / 2]
        : Array.from({ length: positions }, (_, index) => (index / (positions - 1)) * (1 - share));
    for (const y of starts) {
      for (const x of starts) {
        yield {
          left: round(x * width),
          top: round(y * height),
          right: round((x + share) * width),
          bottom: round((y + share) * height),
        };
      }
    }
  }
  yield { left: 0, top: 0, right: width, bottom: round(height * (1 - EDGE)) };
  yield { left: 0, top: round(height * EDGE), right: width, bottom: height };
  yield { left: 0, top: 0, right: round(width * (1 - EDGE)), bottom: height };
  yield { left: round(width * EDGE), top: 0, right: width, bottom: height };
}

/** To the nearest whole number, halves to the even one: as Python rounds. */
function round(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
