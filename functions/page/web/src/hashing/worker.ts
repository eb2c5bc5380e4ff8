/**
 * The hashing worker: the code that opens pictures. It is served with a policy of its own that denies it all network
 * (functions/page/headers.py).
 */

import { type Frame, framesByBrowser } from "./browser_decoder.ts";
import { canvasIsFaithful } from "./canvas.ts";
import { HashingError } from "./errors.ts";
import type { PictureFormat } from "./format.ts";
import { framesByMozjpeg, startJpegDecoder } from "./jpeg_decoder.ts";
import { serve } from "./serve.ts";

async function* framesWithoutCanvas(
  file: Blob,
  format: PictureFormat,
  bytes: Uint8Array<ArrayBuffer>,
): AsyncGenerator<Frame> {
  try {
    if (format === "JPEG") return yield* framesByMozjpeg(bytes);
  } catch {
    // what the browser can open is not damaged
  }
  for await (const { source } of framesByBrowser(file, format)) source.close();
  throw new HashingError("canvas_blocked");
}

canvasIsFaithful().then((faithful) =>
  serve(faithful ? null : "jpegWasm", startJpegDecoder, faithful ? framesByBrowser : framesWithoutCanvas),
);
