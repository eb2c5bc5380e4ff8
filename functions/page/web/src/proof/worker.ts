/** The worker that solves challenges. Like every worker of ours it is served with a policy that denies it all network. */

import { type Challenge, type Solution, solve } from "./solver.ts";

addEventListener("message", ({ data }: MessageEvent<Challenge>) => {
  solve(data).then(tell, () => tell(null));
});

/** Tell the page the solution, or null if there is none. */
function tell(solution: Solution | null): void {
  (self as unknown as { postMessage(message: Solution | null): void }).postMessage(solution);
}
