/** Trying again: after a lost answer, when the service is busy, when the device comes back online. */

/** How long to try, and whom to tell. */
export interface Patience {
  /** Pauses between the attempts, in milliseconds: one more attempt than pauses. */
  pauses: readonly number[];
  /** Called before each pause. */
  onWait?: (offline: boolean) => void;
  signal: AbortSignal;
}

/** For what has to arrive. */
export const LONG = [1000, 2000, 4000, 8000, 15_000] as const;

/** For what can be asked again by a press of a button. */
export const SHORT = [700, 2000] as const;

/**
 * Try until there is an answer. While the device is offline, wait for the network instead.
 *
 * @param attempt one try; it returns null if another may help
 * @returns the answer, or null if there was none
 * @throws the reason of `patience.signal`, once it is aborted
 */
export async function persist<Answer>(attempt: () => Promise<Answer | null>, patience: Patience): Promise<Answer | null> {
  for (const pause of [...patience.pauses, null]) {
    const answer = await attempt();
    if (answer !== null || pause === null) return answer;
    patience.onWait?.(!navigator.onLine);
    // a little by chance, so that people whom one fault held up do not all come back at once
    await (navigator.onLine ? waited(pause * (0.75 + Math.random() / 2), patience.signal) : online(patience.signal));
  }
  return null;
}

function waited(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true });
  });
}

function online(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    addEventListener("online", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
