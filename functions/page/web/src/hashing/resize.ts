/** Pillow's resizing of grey pictures with the Lanczos filter (Resample.c), fixed-point arithmetic and rounding included. */

import { type Grey, newGrey } from "./grey.ts";

const SUPPORT = 3;
const PRECISION = 22; // bits: 32, less 8 of the pixel, less 2 of the sum

interface Taps {
  starts: Int32Array;
  weights: Int32Array[];
}

/** Return the picture in another size: first across, then down, rounded to bytes in between. */
export function resize(grey: Grey, width: number, height: number): Grey {
  const across = tapsOf(grey.width, width);
  const wide = newGrey(width, grey.height);
  for (let y = 0; y < grey.height; y++) {
    for (let x = 0; x < width; x++) {
      wide.data[y * width + x] = weighted(grey.data, y * grey.width + across.starts[x], 1, across.weights[x]);
    }
  }
  const down = tapsOf(grey.height, height);
  const small = newGrey(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      small.data[y * width + x] = weighted(wide.data, down.starts[y] * width + x, width, down.weights[y]);
    }
  }
  return small;
}

function weighted(data: Uint8Array, start: number, stride: number, weights: Int32Array): number {
  let sum = 1 << (PRECISION - 1);
  for (let k = 0, at = start; k < weights.length; k++, at += stride) sum += data[at] * weights[k];
  return Math.min(255, Math.max(0, sum >> PRECISION));
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const starts = new Int32Array(to);
  const weights: Int32Array[] = [];
  for (let at = 0; at < to; at++) {
    const centre = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - SUPPORT * stretch + 0.5));
    const last = Math.min(from, Math.trunc(centre + SUPPORT * stretch + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) => lanczos((k + first - centre + 0.5) / stretch));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    starts[at] = first;
    weights.push(Int32Array.from(raw, (weight) => fixed(total === 0 ? weight : weight / total)));
  }
  return { starts, weights };
}

const fixed = (weight: number) => Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION));

function lanczos(x: number): number {
  return x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
