/**
 * Hash files by the Hasher of the test page: `files` are paths, `abortAfter` are milliseconds by index, `plug` an address that is
 * asked for once the Hasher is ready.
 */

import { openPage } from "./harness.mjs";

export default async function hashFiles({ browser, url, options: { files, abortAfter = {}, plug } }) {
  const { page, complaints } = await openPage(browser, url);
  await page.evaluate(() => globalThis.ready());
  if (plug) await page.evaluate((address) => fetch(address), plug);
  const input = await page.$("input");
  await input.uploadFile(...files);
  const answers = [];
  for (const index of files.keys()) {
    answers.push(await page.evaluate((at, limit) => globalThis.hashChosen(at, limit), index, abortAfter[index]));
  }
  return { answers, complaints };
}
