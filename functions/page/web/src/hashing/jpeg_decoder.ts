/** Decoding of JPEGs without a canvas, by mozjpeg in WebAssembly: for browsers that alter what is read from one. */

import decode, { init } from "@jsquash/jpeg/decode.js";

import type { Frame } from "./browser_decoder.ts";
import { PixelSource } from "./pixels.ts";

/** Start the decoder from the bytes that the page posted in. */
export async function startJpegDecoder(wasmBinary: ArrayBuffer): Promise<void> {
  // Without locateFile it makes an address of its own, which fails although nothing is fetched from it.
  await init({ wasmBinary, locateFile: (path: string) => path });
}

/** Yield the one frame of a JPEG, not turned. Throws what the decoder throws: of damaged files, and of CMYK. */
export async function* framesByMozjpeg(file: Uint8Array<ArrayBuffer>): AsyncGenerator<Frame> {
  const { data, width, height } = await decode(file.buffer, { preserveOrientation: false });
  yield { source: new PixelSource(data, width, height), frames: 1 };
}
