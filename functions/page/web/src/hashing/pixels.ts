/** A decoded picture in our own memory. */

import type { Source } from "./luma.ts";

export class PixelSource implements Source {
  #rgba: Uint8ClampedArray | null;

  constructor(
    rgba: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {
    this.#rgba = rgba;
  }

  tile(left: number, top: number, width: number, height: number): Uint8ClampedArray {
    if (!this.#rgba) throw new Error("The picture was closed.");
    if (width === this.width) return this.#rgba.subarray(top * width * 4, (top + height) * width * 4);
    const part = new Uint8ClampedArray(width * height * 4);
    for (let row = 0; row < height; row++) {
      const from = ((top + row) * this.width + left) * 4;
      part.set(this.#rgba.subarray(from, from + width * 4), row * width * 4);
    }
    return part;
  }

  close(): void {
    this.#rgba = null;
  }
}
