/**
 * A case that cannot be reached: while looking into it, and while taking it back.
 *
 * Options: `files` (paths) to make a case of.
 */

import { Person, hasten, wordsOf } from "./flow_person.mjs";
import { withWire } from "./flow_wire.mjs";
import { openPage } from "./harness.mjs";

const GONE = 503;

export default async function trouble({ browser, url, options: { files } }) {
  return withWire(url, { to: "/case" }, async (wire) => {
    const { page } = await openPage(browser, wire.url);
    await hasten(page);
    const person = new Person(page, await wordsOf("en"));
    const screens = {};
    const see = async (name, key) => {
      await person.sees(key);
      screens[name] = await person.reads();
    };
    const code = await caseOf(person, files);

    wire.refuse(GONE, 3);
    await person.press("nav.case");
    await person.enter(code);
    await see("unanswered", "case.failed");
    await page.setOfflineMode(true);
    await person.press("lost.again");
    await see("offline", "case.offline");
    await page.setOfflineMode(false);
    await see("found", "status.items");

    await person.press("status.add");
    await person.press("choose.back");
    await see("back", "status.items");

    wire.refuse(GONE, 6);
    await person.press("status.withdraw");
    await person.press("withdraw.confirm");
    await see("unfinished", "case.failed");
    await person.press("status.refresh");
    await see("still", "status.open");
    wire.refuse(409, 1);
    await person.press("status.withdraw");
    await person.press("withdraw.confirm");
    await see("refused", "status.open");
    wire.refuse(GONE, 6);
    await person.press("status.withdraw");
    await person.press("withdraw.confirm");
    await person.press("lost.again");
    await see("withdrawn", "status.withdrawn");
    return { screens, sent: wire.sent.filter(({ path }) => path.endsWith("/case")).map(({ method }) => method) };
  });
}

async function caseOf(person, files) {
  await person.begin("age.adult");
  await person.choose(...files);
  await person.press("review.send");
  await person.sees("code.title");
  const code = await person.code();
  await person.press("code.kept");
  await person.sees("next.title");
  return code;
}
