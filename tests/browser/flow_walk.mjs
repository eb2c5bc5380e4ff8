/** A walk through every screen of the page, in one language. */

/**
 * @param {import("./flow_person.mjs").Person} person before the first screen
 * @param {{ picture: string, other: string, video: string, broken: string }} files paths
 * @param {(screen: string) => Promise<void>} look called on every screen
 */
export async function walk(person, files, look) {
  await walkToCode(person, files, look);
  const code = await person.code();
  await person.press("code.kept");
  await person.sees("next.title");
  await look("next");
  await person.press("next.help");
  await person.sees("help.everywhere");
  await look("help");
  await person.page.select("#country", "US");
  await look("help-country");
  await walkCase(person, files, code, look);
}

async function walkToCode(person, files, look) {
  const { page } = person;
  await person.sees("start.title");
  await look("start");
  await person.press("start.button");
  await person.sees("age.title");
  await look("age");
  await person.press("age.minor");
  await person.sees("choose.title");
  await look("choose");
  const release = await hold(page, "postMessage");
  await person.choose(files.picture, files.video, files.broken);
  await person.sees("making.title");
  await look("making");
  await release();
  await person.sees("review.send");
  await look("review");
  const answer = await hold(page, "fetch");
  await person.press("review.send");
  await person.sees("send.title");
  await look("send");
  await answer();
  await person.sees("code.title");
  await look("code");
}

async function walkCase(person, files, code, look) {
  const { page } = person;
  await person.press("nav.case");
  await person.sees("case.intro");
  await page.type("#code", "ABC");
  await page.keyboard.press("Enter");
  await person.sees("case.length");
  await look("case-malformed");
  await page.$eval("#code", (field) => (field.value = "00000-00000-00000-00000"));
  await person.press("case.open");
  await person.sees("case.unknown");
  await look("case-unknown");
  await person.press("case.other");
  await person.enter(code);
  await person.sees("status.items");
  await look("status");
  await person.press("status.add");
  await person.choose(files.other);
  await person.sees("review.sent.added");
  await person.press("review.send");
  await person.sees("status.added");
  await look("status-added");
  await person.press("status.withdraw");
  await person.sees("withdraw.title");
  await look("withdraw");
  await person.press("withdraw.confirm");
  await person.sees("status.withdrawn");
  await look("withdrawn");
}

/** Hold what the page posts, to the service or to its workers, back until the function that is returned is called. */
async function hold(page, what) {
  await page.evaluate((name) => {
    const owner = name === "fetch" ? window : Worker.prototype;
    const real = owner[name];
    const held = [];
    owner[name] = function (...given) {
      if (name === "fetch" && given[1].method !== "POST") return real.apply(this, given);
      return new Promise((resolve) => held.push(() => resolve(real.apply(this, given))));
    };
    window.release = () => {
      owner[name] = real;
      for (const each of held) each();
    };
  }, what);
  return () => page.evaluate(() => window.release());
}
