/** What the page and its hashing workers say to each other. */

import type { FileDigests, Reason } from "./errors.ts";
import type { PictureFormat } from "./format.ts";

export interface PictureHash {
  pdq: string;
  quality: number;
  phash?: string;
  windows?: string[];
}

export interface HashedFile {
  kind: "image" | "video";
  sha256: string;
  md5?: string;
  /** Of quality 50 and more, as the API takes them: at most 8. */
  hashes: PictureHash[];
  /** A picture in which there is too little to recognise: only its digests can be sent. */
  lowQuality: boolean;
}

/** Which WebAssembly a worker needs before it can begin: a name in `assets`. */
export type Needed = "jpegWasm" | "heifWasm" | null;

export type ToWorker = { say: "wasm"; bytes: ArrayBuffer } | { say: "hash"; file: Blob };

export type FromWorker =
  | { say: "started"; needs: Needed }
  | { say: "ready" }
  | { say: "progress"; done: number }
  | { say: "hashed"; file: HashedFile }
  | { say: "failed"; reason: Reason; digests?: FileDigests; format?: PictureFormat };
