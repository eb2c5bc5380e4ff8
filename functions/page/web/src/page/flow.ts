/** One way of pictures to a case: to a new one, or to one that is known. */

import type { App } from "./app.ts";
import type { CaseReport } from "./api.ts";
import { newCode } from "./code.ts";
import { Collection } from "./collection.ts";

/** Items that a case holds. */
export const MOST_ITEMS = 100;

export interface Flow {
  section: "report" | "case";
  /** The 20 symbols of the case's code. Those of a new case are made before anything is sent. */
  code: string;
  /** Of a new case; null when pictures are added to a known one. */
  category: CaseReport["category"] | null;
  collection: Collection;
}

/** Begin a new case. */
export function newCase(app: App, category: CaseReport["category"]): Flow {
  return { section: "report", code: newCode(), category, collection: new Collection(app.hasher, MOST_ITEMS) };
}

/** Begin to add to a case. */
export function addition(app: App, code: string, itemsThere: number): Flow {
  const room = Math.max(0, MOST_ITEMS - itemsThere);
  return { section: "case", code, category: null, collection: new Collection(app.hasher, room) };
}

/** Return the step of the new-case flow that a screen belongs to, if it belongs to one. */
export function step(flow: Flow, at: 1 | 2 | 3 | 4): { step?: 1 | 2 | 3 | 4 } {
  return flow.category ? { step: at } : {};
}
