/** Sending a flow's items, so that a lost answer does no harm: what is sent again is the same, byte for byte. */

import type { Prover } from "../proof/client.ts";
import { type Item, NoAnswerError, type Receipt, RefusedError, addItems, submit } from "./api.ts";
import { caseOf } from "./code.ts";
import type { Flow } from "./flow.ts";
import { type Patience, persist } from "./patience.ts";

/** The status by which a proof of work is refused: forged, used, or too old. */
const PROOF_REFUSED = 403;
const FRESH_PROOFS = 2;

export class Sending {
  private readonly items: Item[];
  private proof: object | string | null = null;
  /** Whether anything has gone out: if not, nothing can have arrived. */
  begun = false;

  /** The items of the flow are those that are ready now, whatever becomes of them later. */
  constructor(
    private readonly flow: Flow,
    private readonly prover: Prover,
  ) {
    this.items = flow.collection.ready().map((entry) => entry.state.item);
  }

  /**
   * Send, or send again.
   *
   * @throws RefusedError, NoAnswerError
   */
  async send(patience: Patience): Promise<Receipt> {
    for (let attempts = 0; ; attempts += 1) {
      try {
        return await this.attempt(patience);
      } catch (error) {
        const stale = error instanceof RefusedError && error.status === PROOF_REFUSED;
        if (!stale || attempts === FRESH_PROOFS) throw error;
        this.proof = null;
      }
    }
  }

  private async attempt(patience: Patience): Promise<Receipt> {
    const { code, category } = this.flow;
    this.proof ??= await persist(() => this.prover.proof().catch(() => null), patience);
    if (!this.proof) throw new NoAnswerError();
    const { items, proof } = this;
    this.begun = true;
    if (!category) return addItems(code, { items, proof }, patience);
    return submit({ case: await caseOf(code), category, items, proof }, patience);
  }
}
