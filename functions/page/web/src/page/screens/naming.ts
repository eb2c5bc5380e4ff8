/** What files, and what became of them, are called. */

import type { Entry, Failure, Limit } from "../collection.ts";
import { type CountedKey, type Key, percent, say, sayCount } from "../words.ts";

const REASONS: Record<Failure, Key> = {
  unsupported: "reason.unsupported",
  damaged: "reason.damaged",
  empty: "reason.empty",
  failed: "reason.failed",
};

const LIMITS: Record<Limit, Key> = {
  video: "exact.video",
  quality: "exact.quality",
  unopened: "exact.unopened",
  large: "exact.large",
  blocked: "exact.blocked",
};

/** A file's own name is nobody's business: it gets a number. */
export function nameOf({ kind, number }: Pick<Entry, "kind" | "number">): string {
  return say(kind === "image" ? "name.image" : "name.video", { number });
}

/** Say how far a file is. */
export function stateOf({ state }: Entry): string {
  switch (state.is) {
    case "waiting":
      return say("state.waiting");
    case "working":
      return say("state.working", { percent: percent(state.done) });
    case "failed":
      return say("state.failed");
    case "ready":
      return say(state.limit ? "state.exact" : "state.ready");
  }
}

/** Explain what is not as one would wish: why a file failed, or why only exact copies can be found. */
export function explanation({ state }: Entry): string | null {
  if (state.is === "failed") return say(REASONS[state.why]);
  return state.is === "ready" && state.limit ? say(LIMITS[state.limit]) : null;
}

/** Say how many are ready. */
export function readiness(entries: Pick<Entry, "kind">[]): string {
  if (entries.length === 0) return say("review.none");
  const kinds = new Set(entries.map((entry) => entry.kind));
  const key: CountedKey = kinds.size > 1 ? "review.mixed" : kinds.has("image") ? "review.images" : "review.videos";
  return sayCount(key, entries.length);
}
