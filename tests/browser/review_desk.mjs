/**
 * A reviewer at the loopback page, by keyboard alone.
 *
 * Options: `key` of the object whose review is to be confirmed, `note`.
 */

import { until } from "./flow_person.mjs";
import { openPage } from "./harness.mjs";

export default async function review({ browser, url, options: { key, note } }) {
  const { page, complaints } = await openPage(browser, url);
  const seen = {};
  const state = (text) => until(page, (words) => document.getElementById("state").textContent.includes(words), text);
  const shown = () => page.$$eval("#frame img", (images) => images.map(({ alt, naturalWidth }) => ({ alt, naturalWidth })));
  const picture = (words) => until(page, (alt) => document.querySelector("#frame img")?.alt.includes(alt), words);
  const none = () => until(page, () => !document.querySelector("#frame img"));
  const facts = () => page.$eval("#facts", ({ textContent }) => textContent);
  const open = () => page.$$eval("#list button", ({ length }) => length);

  await state("open");
  seen.open = await open();
  for (let at = 1; at < seen.open && !(await facts()).includes(key); at++) await page.keyboard.press("j");
  seen.facts = await facts();
  seen.atFirst = await shown();
  await page.keyboard.press("v");
  await picture("blurred");
  seen.blurred = await shown();
  await page.keyboard.press("u");
  await picture("the picture, in grey");
  await until(page, () => document.getElementById("exposure").textContent !== "0 s");
  await page.keyboard.press("Escape");
  await none();
  await page.keyboard.press("v");
  await picture("blurred");
  await page.type("#note", note);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("c");
  await state("Press again to confirm");
  seen.askedAgain = await open();
  await page.keyboard.press("c");
  await until(page, (before) => document.querySelectorAll("#list button").length < before, seen.open);
  seen.left = await open();
  seen.afterwards = await shown();
  seen.kept = await page.evaluate(() => ({ cookies: document.cookie, local: localStorage.length, session: sessionStorage.length }));
  return { ...seen, complaints };
}
