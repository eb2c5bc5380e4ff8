/** Why a file could not be hashed. */

import type { PictureFormat } from "./format.ts";

export type Reason =
  | "unsupported" // neither a picture nor a video that we know
  | "damaged"
  | "too_large"
  | "canvas_blocked" // this browser alters the pixels that are read
  | "decoder_missing" // this browser cannot open the format
  | "empty"
  | "failed"; // a fault of ours, or no memory

/** The digests of a file that could not be opened: exact copies of it can be found by them. */
export interface FileDigests {
  kind: "image" | "video";
  sha256: string;
  md5?: string;
}

export class HashingError extends Error {
  constructor(
    readonly reason: Reason,
    readonly digests?: FileDigests,
    readonly format?: PictureFormat,
  ) {
    super(`The file cannot be hashed: ${reason}.`);
    this.name = "HashingError";
  }
}
