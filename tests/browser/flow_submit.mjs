/**
 * Somebody submits files, and keeps the code.
 *
 * Options: `files` (paths), `age` (the message of the answer), `lose` (answers to submissions that get lost).
 */

import { Person, wordsOf } from "./flow_person.mjs";
import { withWire } from "./flow_wire.mjs";
import { openPage } from "./harness.mjs";

export default async function submit({ browser, url, options: { files, age, lose = 0 } }) {
  return withWire(url, { lose }, async (wire) => {
    const { page, complaints } = await openPage(browser, wire.url);
    const person = new Person(page, await wordsOf("en"));
    const entries = await page.evaluate(() => history.length);
    await person.begin(age);
    await person.choose(...files);
    await person.sees("review.send");
    const review = await person.reads();
    await person.press("review.send");
    await person.sees("code.title");
    const code = await person.code();
    await person.press("code.kept");
    await person.sees("cannot.title");
    return { code, review, complaints, sent: wire.sent, left: await page.evaluate(leftBehind, entries) };
  });
}

/** What the page leaves behind in the browser. */
async function leftBehind(entries) {
  return {
    cookies: document.cookie,
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    history: history.length - entries,
    address: location.search + location.hash,
  };
}
