/** A page of the tests: the real Hasher, within reach of a scenario. It is built as the page is, and never shipped. */

import { assets } from "../../../functions/page/web/src/assets.ts";
import { Hasher, HashingError } from "../../../functions/page/web/src/hashing/client.ts";

const hasher = new Hasher();
const files = () => document.querySelector("input")?.files ?? [];

Object.assign(globalThis, {
  assets,
  ready: () => hasher.ready(),
  /** Hash the chosen file of an index; returns what became of it, and how long it took. */
  async hashChosen(index: number, abortAfter?: number) {
    const steps: number[] = [];
    const start = performance.now();
    let abortedAt = 0;
    const signal = abortAfter === undefined ? new AbortController().signal : AbortSignal.timeout(abortAfter);
    signal.addEventListener("abort", () => (abortedAt = performance.now()));
    try {
      const hashed = await hasher.hash(files()[index], (done) => steps.push(done), signal);
      return { hashed, steps, milliseconds: performance.now() - start };
    } catch (error) {
      const failed = error instanceof HashingError ? { reason: error.reason, digests: error.digests } : String(error);
      return { failed, steps, milliseconds: performance.now() - start, lag: performance.now() - abortedAt };
    }
  },
});
