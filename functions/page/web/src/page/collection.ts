/** The chosen pictures and videos, hashed one at a time. A file is let go as soon as it is hashed; its name is never read. */

import { type HashedFile, type Hasher, HashingError, type Reason } from "../hashing/client.ts";
import type { Item } from "./api.ts";

/** Why only exact copies of a file can be found. */
export type Limit = "video" | "quality" | "unopened" | "large" | "blocked";

/** Why nothing can be sent of a file. */
export type Failure = Exclude<Reason, keyof typeof LIMITS>;

/** What keeps a picture from being hashed, but not from being known byte for byte. */
const LIMITS = { decoder_missing: "unopened", too_large: "large", canvas_blocked: "blocked" } as const;

/** One chosen file: its number, and how far it is. */
export interface Entry {
  number: number;
  kind: "image" | "video";
  state: { is: "waiting" } | { is: "working"; done: number } | { is: "failed"; why: Failure } | Ready;
}

interface Ready {
  is: "ready";
  item: Item;
  limit?: Limit;
}

/** An entry that can be sent. */
export type ReadyEntry = Entry & { state: Ready };

export class Collection {
  entries: Entry[] = [];
  /** Files that were chosen twice. */
  twice = 0;
  /** Files for which there was no room. */
  over = 0;
  private readonly files = new Map<Entry, Blob>();
  private numbers = 0;

  /** @param most items that there is room for */
  constructor(
    private readonly hasher: Pick<Hasher, "hash">,
    readonly most: number,
  ) {}

  /** Take files in, as far as there is room. */
  add(files: Iterable<Blob>): void {
    this.twice = this.over = 0;
    this.entries = this.entries.filter((entry) => entry.state.is !== "failed");
    for (const file of files) {
      if (this.entries.length >= this.most) {
        this.over += 1;
        continue;
      }
      this.numbers += 1;
      const kind = file.type.startsWith("video/") ? "video" : "image";
      const entry: Entry = { number: this.numbers, kind, state: { is: "waiting" } };
      this.entries.push(entry);
      this.files.set(entry, file);
    }
  }

  /** Return the entries that can be sent. */
  ready(): ReadyEntry[] {
    return this.entries.filter((entry): entry is ReadyEntry => entry.state.is === "ready");
  }

  /** Return the entries that cannot. */
  failed(): Entry[] {
    return this.entries.filter((entry) => entry.state.is === "failed");
  }

  remove(entry: Entry): void {
    this.entries = this.entries.filter((other) => other !== entry);
    this.files.delete(entry);
  }

  clear(): void {
    this.entries = [];
    this.files.clear();
  }

  /** Hash what is waiting. Once `signal` is aborted, what was not finished is let go. */
  async work(onChange: (entry: Entry) => void, signal: AbortSignal): Promise<void> {
    for (const [entry, file] of this.files) {
      if (!signal.aborted) await this.hash(entry, file, onChange, signal);
      if (signal.aborted) this.remove(entry);
      this.files.delete(entry);
    }
  }

  private async hash(entry: Entry, file: Blob, onChange: (entry: Entry) => void, signal: AbortSignal): Promise<void> {
    const progress = (done: number): void => {
      entry.state = { is: "working", done };
      onChange(entry);
    };
    progress(0);
    try {
      this.finish(entry, ready(await this.hasher.hash(file, progress, signal)));
    } catch (error) {
      this.finish(entry, failed(error));
    }
    onChange(entry);
  }

  private finish(entry: Entry, state: Entry["state"]): void {
    entry.state = state;
    if (state.is !== "ready") return;
    entry.kind = state.item.kind;
    const sha256 = state.item.sha256;
    if (this.ready().some((other) => other !== entry && other.state.item.sha256 === sha256)) {
      this.twice += 1;
      this.remove(entry);
    }
  }
}

function ready({ kind, sha256, md5, hashes, lowQuality }: HashedFile): Ready {
  const limit = kind === "video" ? "video" : lowQuality ? "quality" : undefined;
  return { is: "ready", item: item(kind, sha256, md5, hashes), limit };
}

function failed(error: unknown): Entry["state"] {
  if (!(error instanceof HashingError)) return { is: "failed", why: "failed" };
  const { reason, digests } = error;
  if (!isLimit(reason)) return { is: "failed", why: reason };
  if (!digests) return { is: "failed", why: "failed" };
  const { kind, sha256, md5 } = digests;
  return { is: "ready", item: item(kind, sha256, md5, []), limit: LIMITS[reason] };
}

function isLimit(reason: Reason): reason is keyof typeof LIMITS {
  return Object.hasOwn(LIMITS, reason);
}

function item(kind: Item["kind"], sha256: string, md5: string | undefined, hashes: Item["hashes"]): Item {
  return { kind, sha256, ...(md5 ? { md5 } : {}), hashes };
}
