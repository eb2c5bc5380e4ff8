/**
 * What people are told when something is not as it should be.
 *
 * Options: `files` (paths), `to`, `refuse` and `lose` (see flow_wire.mjs), and `steps`, done after the files were chosen: a message
 * is waited for, "press" and a message presses that button, "heal" ends the loss of answers.
 */

import { Person, hasten, wordsOf } from "./flow_person.mjs";
import { withWire } from "./flow_wire.mjs";
import { openPage } from "./harness.mjs";

export default async function suffer({ browser, url, options: { files, steps, ...faults } }) {
  return withWire(url, faults, async (wire) => {
    const { page } = await openPage(browser, wire.url);
    await hasten(page);
    const person = new Person(page, await wordsOf("en"));
    await person.begin("age.adult");
    await person.choose(...files);
    await person.sees("review.remove");
    const review = await person.reads();
    const screens = [];
    for (const step of steps) {
      if (step === "heal") wire.heal();
      else if (step.startsWith("press ")) await person.press(step.slice("press ".length));
      else await person.sees(step);
      screens.push(await person.reads());
    }
    const code = await page.evaluate(() => document.querySelector(".code")?.textContent ?? null);
    return { review, screens, code, sent: wire.sent };
  });
}
