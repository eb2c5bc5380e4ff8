/**
 * PDQ, the 256-bit perceptual hash of Facebook's ThreatExchange, equal to `unspread.hashing.pdq`, which says where the
 * formulas come from: the 64x64 block of the blurred luma is R @ luma @ C^T, with banded weights.
 */

import type { Grey } from "./grey.ts";

const BLOCK = 64;
const SIDE = 16;
const BITS = SIDE * SIDE;
const SMALLEST = 5; // pixels; the reference gives narrower pictures no hash
const LONGEST = 65_536; // pixels; longer strips show nothing to recognise

export const MINIMUM_QUALITY = 50;

export interface PdqHash {
  /** 64 hexadecimal digits. */
  pdq: string;
  /** 0 to 100. */
  quality: number;
}

/** The weights of the 64 samples along one dimension: sample i begins at `starts[i]`. */
interface Bands {
  starts: Int32Array;
  weights: Float64Array[];
}

/** Return the hash and quality of a picture. */
export function pdqOf(grey: Grey): PdqHash {
  const sides = [grey.width, grey.height];
  if (sides.some((side) => side < SMALLEST || side > LONGEST)) return { pdq: "0".repeat(64), quality: 0 };
  const block = blockOf(grey);
  return { pdq: hexOf(coefficientsOf(block)), quality: qualityOf(block) };
}

function blockOf(grey: Grey): Float32Array {
  if (grey.width === BLOCK && grey.height === BLOCK) return Float32Array.from(grey.data); // as the reference: not blurred
  const rows = bandsOf(grey.height);
  const columns = bandsOf(grey.width);
  const block = new Float32Array(BLOCK * BLOCK);
  const line = new Float64Array(grey.width);
  for (let i = 0; i < BLOCK; i++) {
    sampleRow(grey, rows.starts[i], rows.weights[i], line);
    for (let j = 0; j < BLOCK; j++) {
      const weights = columns.weights[j];
      const start = columns.starts[j];
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * line[start + k];
      block[i * BLOCK + j] = sum;
    }
  }
  return block;
}

/** Write the weighted sum of the rows from `start` on into `line`. */
function sampleRow(grey: Grey, start: number, weights: Float64Array, line: Float64Array): void {
  const { width, data } = grey;
  line.fill(0);
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k];
    const row = (start + k) * width;
    for (let x = 0; x < width; x++) line[x] += weight * data[row + x];
  }
}

/** First and one past the last input of the reference's box filter at an output position (`box1DFloat`). */
function boxAt(at: number, length: number): [number, number] {
  const window = Math.floor((length + 127) / 128);
  const right = Math.floor((window + 2) / 2);
  return [Math.max(at - (window - right), 0), Math.min(at + right, length)];
}

const bandsKept = new Map<number, Bands>();

function bandsOf(length: number): Bands {
  let bands = bandsKept.get(length);
  if (!bands) {
    bands = makeBands(length);
    if (bandsKept.size >= 16) bandsKept.clear();
    bandsKept.set(length, bands);
  }
  return bands;
}

/** Two passes of the box filter, then the sample: the second pass adds a plateau for every window of the first. */
function makeBands(length: number): Bands {
  const starts = new Int32Array(BLOCK);
  const weights: Float64Array[] = [];
  for (let i = 0; i < BLOCK; i++) {
    const [outerFirst, outerLast] = boxAt(Math.floor(((i + 0.5) * length) / BLOCK), length);
    starts[i] = boxAt(outerFirst, length)[0];
    const band = new Float64Array(boxAt(outerLast - 1, length)[1] - starts[i]);
    for (let at = outerFirst; at < outerLast; at++) {
      const [first, last] = boxAt(at, length);
      const share = 1 / ((outerLast - outerFirst) * (last - first));
      for (let x = first; x < last; x++) band[x - starts[i]] += share;
    }
    weights.push(band);
  }
  return { starts, weights };
}

/** The reference's quality: the sum of neighbours' steps, in whole per cent of 255, over 90. Single precision, as there. */
function qualityOf(block: Float32Array): number {
  const step = (later: number, earlier: number) =>
    Math.abs(Math.trunc(Math.fround(Math.fround(Math.fround(later - earlier) * 100) / 255)));
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) {
    for (let j = 0; j < BLOCK; j++) {
      const here = block[i * BLOCK + j];
      if (i + 1 < BLOCK) sum += step(block[(i + 1) * BLOCK + j], here);
      if (j + 1 < BLOCK) sum += step(block[i * BLOCK + j + 1], here);
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}

const DCT = Float64Array.from({ length: SIDE * BLOCK }, (_, index) => {
  const frequency = Math.floor(index / BLOCK) + 1;
  const at = index % BLOCK;
  return Math.sqrt(2 / BLOCK) * Math.cos((Math.PI / (2 * BLOCK)) * frequency * (2 * at + 1));
});

/** The 16x16 coefficients of frequencies 1 to 16, vertical first. */
function coefficientsOf(block: Float32Array): Float64Array {
  const half = new Float64Array(SIDE * BLOCK);
  for (let i = 0; i < SIDE; i++) {
    for (let k = 0; k < BLOCK; k++) {
      for (let j = 0; j < BLOCK; j++) half[i * BLOCK + j] += DCT[i * BLOCK + k] * block[k * BLOCK + j];
    }
  }
  const coefficients = new Float64Array(BITS);
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      for (let k = 0; k < BLOCK; k++) coefficients[i * SIDE + j] += half[i * BLOCK + k] * DCT[j * BLOCK + k];
    }
  }
  return coefficients;
}

/** Bit 16 i + j says that coefficient (i, j) exceeds the lower median; the highest bit comes first. */
function hexOf(coefficients: Float64Array): string {
  const median = Float64Array.from(coefficients).sort()[BITS / 2 - 1];
  let hex = "";
  for (let at = BITS - 4; at >= 0; at -= 4) {
    let digit = 0;
    for (let bit = 3; bit >= 0; bit--) digit = digit * 2 + (coefficients[at + bit] > median ? 1 : 0);
    hex += digit.toString(16);
  }
  return hex;
}
