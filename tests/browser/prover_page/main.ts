/** A page of the tests: the real Prover, within reach of a scenario. It is built as the page is, and never shipped. */

import { Prover } from "../../../functions/page/web/src/proof/client.ts";

const prover = new Prover("challenge");

Object.assign(globalThis, {
  start: () => prover.start(),
  /** Ask for a proof; returns it, or what went wrong, and how long it took. */
  async prove() {
    const start = performance.now();
    try {
      return { proof: await prover.proof(), milliseconds: performance.now() - start };
    } catch (error) {
      return { failed: String(error), milliseconds: performance.now() - start };
    }
  },
});
