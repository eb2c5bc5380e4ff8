/** The page opens under its own headers, and nothing complains. */

import { openPage } from "./harness.mjs";

export default async function smoke({ browser, url }) {
  const { page, complaints } = await openPage(browser, url);
  return { address: page.url(), title: await page.title(), isolated: await page.evaluate(() => crossOriginIsolated), complaints };
}
