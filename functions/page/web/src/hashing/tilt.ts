/** Pillow's `Image.rotate` of grey pictures with the bicubic filter (Geometry.c): same size, corners black. */

import { type Grey, newGrey } from "./grey.ts";

/** Return the picture turned by an angle, in degrees counter-clockwise, about its centre. */
export function tilt(grey: Grey, degrees: number): Grey {
  const { width, height } = grey;
  const angle = (-degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const x0 = width / 2 - (cos * width) / 2 - (sin * height) / 2;
  const y0 = height / 2 + (sin * width) / 2 - (cos * height) / 2;
  const tilted = newGrey(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = cos * (column + 0.5) + sin * (row + 0.5) + x0;
      const y = -sin * (column + 0.5) + cos * (row + 0.5) + y0;
      if (x >= 0 && x < width && y >= 0 && y < height) {
        tilted.data[row * width + column] = bicubic(grey, x - 0.5, y - 0.5);
      }
    }
  }
  return tilted;
}

function bicubic({ width, height, data }: Grey, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const c0 = clip(left - 1, width);
  const c1 = clip(left, width);
  const c2 = clip(left + 1, width);
  const c3 = clip(left + 2, width);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let row = -1; row <= 2; row++) {
    const line = clip(top + row, height) * width;
    [a, b, c] = [b, c, d];
    d = cubic(data[line + c0], data[line + c1], data[line + c2], data[line + c3], x - left);
  }
  const value = cubic(a, b, c, d, y - top);
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

function clip(at: number, length: number): number {
  return at < 0 ? 0 : at < length ? at : length - 1;
}

function cubic(a: number, b: number, c: number, d: number, t: number): number {
  return b + t * (-a + c + t * (2 * (a - b) + c - d + t * (-a + b - c + d)));
}
