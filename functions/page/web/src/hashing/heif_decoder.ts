/** Decoding of HEIC by libheif in WebAssembly: for browsers that cannot open it, which are all but Safari. */

import libheif, { type Heif } from "libheif-js/libheif-wasm/libheif.js";

import type { Frame } from "./browser_decoder.ts";
import { HashingError } from "./errors.ts";
import { chosenFrames } from "./frames.ts";
import { PixelSource } from "./pixels.ts";

let heif: Heif | undefined;

/** Compile the decoder from the bytes that the page posted in; this build of it does so before it returns. */
export async function startHeifDecoder(wasmBinary: ArrayBuffer): Promise<void> {
  heif = libheif({ wasmBinary, print: () => undefined, printErr: () => undefined });
}

/** Yield the pictures of a HEIF file that are to be hashed, turned as the file says. */
export async function* framesByLibheif(file: Uint8Array): AsyncGenerator<Frame> {
  if (!heif) throw new HashingError("decoder_missing");
  const images = new heif.HeifDecoder().decode(file);
  if (images.length === 0) throw new HashingError("damaged");
  const indices = chosenFrames(images.length);
  try {
    for (const index of indices) {
      const image = images[index];
      const [width, height] = [image.get_width(), image.get_height()];
      const pixels = { width, height, data: new Uint8ClampedArray(width * height * 4) };
      const shown = await new Promise((resolve) => image.display(pixels, resolve));
      if (!shown) throw new HashingError("damaged");
      yield { source: new PixelSource(pixels.data, width, height), frames: indices.length };
    }
  } finally {
    for (const image of images) image.free();
  }
}
