/** Proofs of work, as the page sees them: each is good for one request, and for repeating that request. */

import { assets } from "../assets.ts";
import { startWorker } from "../trusted.ts";
import type { Challenge, Solution } from "./solver.ts";

/**
 * Milliseconds before its end at which a proof is no longer handed out, for the request has yet to arrive; and for which it
 * is handed out in any case, for clocks may be wrong, and the server has the last word.
 */
const MARGIN = 60_000;
const ANSWER_WITHIN = 35_000;
const ATTEMPTS = 3;

interface Made {
  text: string;
  /** When it has to be handed out, by this device's clock. */
  until: number;
}

/** Makes proofs of work, one ahead of time. */
export class Prover {
  #challengeUrl: string;
  #worker: Worker | null = null;
  #making: Promise<Made> | null = null;

  constructor(challengeUrl: string) {
    this.#challengeUrl = challengeUrl;
  }

  /** Begin to make a proof, unless there is one. A failure is forgotten: `proof` tries again. */
  start(): void {
    this.#make().catch(() => undefined);
  }

  /** Return a proof that was never handed out before. Rejects if there is no network; ask again then. */
  async proof(): Promise<string> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const making = this.#make();
      const { text, until } = await making;
      const untaken = this.#making === making;
      if (untaken) this.#making = null;
      if (untaken && Date.now() < until) return text;
    }
    throw new Error("Every proof had expired by the time it was made.");
  }

  #make(): Promise<Made> {
    if (this.#making) return this.#making;
    const making = this.#fetchAndSolve();
    this.#making = making;
    making.catch(() => {
      if (this.#making === making) this.#making = null;
    });
    return making;
  }

  async #fetchAndSolve(): Promise<Made> {
    const asked = Date.now(); // the device may fall asleep before there is an answer
    const answer = await fetch(this.#challengeUrl, {
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    if (!answer.ok) throw new Error(`No challenge: status ${answer.status}.`);
    const challenge = (await answer.json()) as Challenge;
    // By the server's clock, for this device's may be wrong by hours.
    const life = 1000 * challenge.parameters.expiresAt - (Date.parse(answer.headers.get("Date") ?? "") || asked);
    const solution = await this.#solve(challenge);
    return { text: btoa(JSON.stringify({ challenge, solution })), until: asked + Math.max(life - MARGIN, MARGIN) };
  }

  #solve(challenge: Challenge): Promise<Solution> {
    const worker = (this.#worker ??= startWorker(assets.proofWorker));
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Solution | null>) =>
        data ? resolve(data) : reject(new Error("The challenge cannot be solved."));
      worker.onerror = () => {
        worker.terminate();
        this.#worker = null; // it did not load, perhaps: the next proof starts another
        reject(new Error("The worker failed."));
      };
      worker.postMessage(challenge);
    });
  }
}
