/** The page is open; the network goes away; pictures are hashed all the same, and sent when it is back. */

import { Person, wordsOf } from "./flow_person.mjs";
import { openPage } from "./harness.mjs";

export default async function offline({ browser, url, options: { files } }) {
  const { page } = await openPage(browser, url);
  const person = new Person(page, await wordsOf("en"));
  await page.waitForNetworkIdle();
  await page.setOfflineMode(true);
  await person.begin("age.adult");
  await person.sees("choose.offline");
  await person.choose(...files);
  await person.sees("review.send");
  const review = await person.reads();
  await person.press("review.send");
  await person.sees("send.offline");
  await page.setOfflineMode(false);
  await person.sees("code.title");
  return { review, code: await person.code() };
}
