/**
 * Somebody looks into their case, adds to it, and takes it back.
 *
 * Options: `code` as it is typed, `more` (paths), `lose` (answers to the addition that get lost).
 */

import { Person, wordsOf } from "./flow_person.mjs";
import { withWire } from "./flow_wire.mjs";
import { openPage } from "./harness.mjs";

export default async function lookInto({ browser, url, options: { code, more, lose = 0 } }) {
  return withWire(url, { lose, to: "/case/items" }, async (wire) => {
    const { page, complaints } = await openPage(browser, wire.url);
    const person = new Person(page, await wordsOf("en"));
    await person.enter(code);
    const counts = await person.counts();
    const items = await person.items();
    await person.press("status.add");
    await person.sees("choose.title");
    await person.choose(...more);
    await person.press("review.send");
    await person.sees("status.added");
    const added = await person.items();
    await person.press("status.withdraw");
    await person.press("withdraw.confirm");
    await person.sees("status.withdrawn");
    return { counts, items, added, after: await person.reads(), complaints, sent: wire.sent };
  });
}
