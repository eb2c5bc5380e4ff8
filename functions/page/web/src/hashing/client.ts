/** Hashing, as the page sees it. All code that opens files runs in workers without network. */

import { HashingError } from "./errors.ts";
import { HashingWorker } from "./hashing_worker.ts";
import type { HashedFile } from "./protocol.ts";

export { HashingError, type Reason } from "./errors.ts";
export type { HashedFile } from "./protocol.ts";

/** Hashes files, one at a time. */
export class Hasher {
  #pictures = new HashingWorker("hashingWorker");
  #heif: HashingWorker | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when files can be hashed, from then on without network (HEIC excepted, where the browser cannot open it). */
  ready(): Promise<void> {
    return this.#pictures.ready;
  }

  /**
   * Hash a file, after those that were given before it.
   *
   * @param onProgress called with the share that is done, 0 to 1
   * @param signal aborts at once, whatever is being done
   * @throws {HashingError} with digests if at least they could be made
   * @throws the signal's reason
   */
  hash(file: Blob, onProgress: (done: number) => void, signal: AbortSignal): Promise<HashedFile> {
    const turn = this.#last.then(() => this.#hash(file, onProgress, signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #hash(file: Blob, onProgress: (done: number) => void, signal: AbortSignal): Promise<HashedFile> {
    signal.throwIfAborted();
    let stop: () => void = () => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop);
    });
    try {
      return await Promise.race([this.#hashByAny(file, onProgress), aborted]);
    } catch (error) {
      if (signal.aborted || (error instanceof HashingError && error.reason === "failed")) this.#startAnew();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async #hashByAny(file: Blob, onProgress: (done: number) => void): Promise<HashedFile> {
    try {
      return await this.#pictures.hash(file, onProgress);
    } catch (error) {
      if (!(error instanceof HashingError && opensByLibheif(error))) throw error;
      this.#heif ??= new HashingWorker("heifWorker");
      try {
        await this.#heif.ready;
      } catch {
        this.#heif.end();
        this.#heif = null; // no network perhaps: the next file tries again
        throw error;
      }
      return this.#heif.hash(file, onProgress);
    }
  }

  #startAnew(): void {
    this.#pictures.end();
    this.#heif?.end();
    this.#pictures = new HashingWorker("hashingWorker");
    this.#heif = null;
  }
}

function opensByLibheif({ reason, format }: HashingError): boolean {
  return format === "HEIF" && (reason === "decoder_missing" || reason === "canvas_blocked");
}
