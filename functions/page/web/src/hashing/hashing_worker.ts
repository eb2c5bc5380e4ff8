/** The page's end of the conversation with one hashing worker. */

import { assets } from "../assets.ts";
import { startWorker } from "../trusted.ts";
import { HashingError } from "./errors.ts";
import type { FromWorker, HashedFile, Needed, ToWorker } from "./protocol.ts";

type WorkerName = "hashingWorker" | "heifWorker";

/** WebAssembly is fetched by the page, once, and kept: a worker has no network, and the page may lose its own. */
const wasmKept = new Map<string, Promise<ArrayBuffer>>();

function wasm(needed: NonNullable<Needed>): Promise<ArrayBuffer> {
  let bytes = wasmKept.get(needed);
  if (!bytes) {
    bytes = fetchWasm(assets[needed]);
    wasmKept.set(needed, bytes);
    bytes.catch(() => wasmKept.delete(needed)); // so that the next file tries again
  }
  return bytes;
}

async function fetchWasm(url: string): Promise<ArrayBuffer> {
  // API Gateway sends bytes as bytes to those who say that they want them.
  const answer = await fetch(url, { headers: { Accept: "application/wasm" }, credentials: "omit" });
  if (!answer.ok) throw new HashingError("failed");
  return answer.arrayBuffer();
}

/** A worker that hashes one file at a time. */
export class HashingWorker {
  readonly ready: Promise<void>;
  #worker: Worker;
  #hear: (message: FromWorker) => void = () => undefined;
  #break: (error: HashingError) => void = () => undefined;

  constructor(name: WorkerName) {
    this.#worker = startWorker(assets[name]);
    this.ready = new Promise((resolve, reject) => {
      this.#break = reject;
      this.#hear = (message) => {
        if (message.say === "ready" || (message.say === "started" && !message.needs)) resolve();
        else if (message.say === "started" && message.needs) this.#give(message.needs).catch(() => reject(new HashingError("failed")));
        else reject(new HashingError("failed"));
      };
    });
    this.ready.catch(() => undefined); // whoever hashes hears of it
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#hear(data);
    this.#worker.onerror = () => this.#break(new HashingError("failed"));
  }

  /** Hash one file. Rejects with a HashingError; after one of reason "failed", start another worker. */
  async hash(file: Blob, onProgress: (done: number) => void): Promise<HashedFile> {
    await this.ready;
    return new Promise((resolve, reject) => {
      this.#break = reject;
      this.#hear = (message) => {
        if (message.say === "progress") onProgress(message.done);
        else if (message.say === "hashed") resolve(message.file);
        else if (message.say === "failed") reject(new HashingError(message.reason, message.digests, message.format));
      };
      // A slice has no name: the file's own goes nowhere.
      this.#say({ say: "hash", file: file.slice(0, file.size, file.type) });
    });
  }

  end(): void {
    this.#worker.terminate();
  }

  async #give(needed: NonNullable<Needed>): Promise<void> {
    this.#say({ say: "wasm", bytes: await wasm(needed) });
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
