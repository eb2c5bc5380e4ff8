/** The worker's end of the conversation with the page. */

import { HashingError } from "./errors.ts";
import { type Decode, hashFile } from "./hash_file.ts";
import type { FromWorker, Needed, ToWorker } from "./protocol.ts";

/**
 * Answer the page for as long as this worker lives.
 *
 * @param needs which WebAssembly is to be posted in before the first file
 * @param start takes it
 */
export function serve(needs: Needed, start: (wasm: ArrayBuffer) => Promise<void>, decode: Decode): void {
  addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
    const answer = data.say === "wasm" ? start(data.bytes).then(() => tell({ say: "ready" })) : hash(data.file, decode);
    answer.catch((error: unknown) => tell(failure(error)));
  });
  tell({ say: "started", needs });
}

async function hash(file: Blob, decode: Decode): Promise<void> {
  tell({ say: "hashed", file: await hashFile(file, decode, (done) => tell({ say: "progress", done })) });
}

function failure(error: unknown): FromWorker {
  if (!(error instanceof HashingError)) return { say: "failed", reason: "failed" };
  return { say: "failed", reason: error.reason, digests: error.digests, format: error.format };
}

function tell(message: FromWorker): void {
  (self as unknown as { postMessage(message: FromWorker): void }).postMessage(message);
}
