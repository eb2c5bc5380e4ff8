/** Let the hostile script loose: as our workers are, under their headers alone, then free, so that it is seen that its ways are real. */

import { openPage } from "./harness.mjs";

export default async function leak({ browser, url, options: { collector } }) {
  const { page } = await openPage(browser, url);
  const told = {};
  for (const kind of ["guarded", "confined", "free"]) {
    const origins = [`${collector}${kind}-other-`, `${url}leak/${kind}-own-`];
    told[kind] = await page.evaluate((how, where) => globalThis.leak(how, where), kind, origins);
    await page.evaluate((how) => fetch(`leak/end-of-${how}`), kind);
  }
  return told;
}
