/** Have the Prover of the test page make proofs: `steps` are "start", "prove", "prove twice at once" and "wait an hour". */

import { openPage } from "./harness.mjs";

const STEPS = {
  start: () => globalThis.start(),
  prove: () => globalThis.prove(),
  "prove twice at once": () => Promise.all([globalThis.prove(), globalThis.prove()]),
  "wait an hour": () => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  },
};

export default async function prove({ browser, url, options: { steps } }) {
  const { page, complaints } = await openPage(browser, url);
  const made = [];
  for (const step of steps) made.push(...[(await page.evaluate(STEPS[step])) ?? []].flat());
  return { made, complaints };
}
