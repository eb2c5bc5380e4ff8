/** Leaving: quickly, with a code that was not kept; and by closing the tab, which is held up only as long as it was not. */

import { Person, until, wordsOf } from "./flow_person.mjs";
import { openPage } from "./harness.mjs";

const ELSEWHERE = "https://weather.com/";

export default async function leave({ browser, url, options: { files } }) {
  const ways = {
    escape: async ({ page }) => {
      for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press("Escape");
    },
    button: (person) => person.press("exit.button"),
  };
  const left = {};
  for (const [name, way] of Object.entries(ways)) left[name] = await leaveBy(browser, url, files, way);
  return { left, closing: await close(browser, url, files) };
}

async function withCode(browser, url, files) {
  const { page } = await openPage(browser, url);
  const dialogs = [];
  page.on("dialog", async (dialog) => {
    dialogs.push(dialog.type());
    await dialog.accept();
  });
  const person = new Person(page, await wordsOf("en"));
  await person.begin("age.adult");
  await person.choose(...files);
  await person.press("review.send");
  await person.sees("code.title");
  return { person, page, dialogs };
}

async function leaveBy(browser, url, files, way) {
  const { person, page, dialogs } = await withCode(browser, url, files);
  await page.setRequestInterception(true);
  const asked = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(ELSEWHERE)) return request.continue();
    if (request.isNavigationRequest()) asked.push(request.headers());
    return request.respond({ status: 200, contentType: "text/html", body: "<h1>Sunny</h1>" });
  });
  await way(person);
  await until(page, () => document.body.innerText.includes("Sunny"));
  const there = page.url();
  const referrers = asked.map((headers) => headers.referer ?? "");
  // Firefox refuses to go back where there is nothing to go back to
  const back = await page.goBack().then(() => page.url(), () => null);
  await page.close();
  return { there, referrers, back, dialogs };
}

async function close(browser, url, files) {
  const { person, page, dialogs } = await withCode(browser, url, files);
  await Promise.all([page.waitForNavigation(), page.reload()]);
  const unkept = dialogs.splice(0);
  await person.begin("age.adult");
  await person.choose(...files);
  await person.press("review.send");
  await person.press("code.kept");
  await person.sees("cannot.title");
  await page.reload();
  return { unkept, kept: dialogs };
}
