/**
 * The ways to keep a code: copied, by the older way too; downloaded; printed.
 *
 * Options: `files` (paths), `downloads` (an empty folder).
 */

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { Person, wordsOf } from "./flow_person.mjs";
import { openPage } from "./harness.mjs";

const SECONDS = 20;

export default async function keep({ browser, name, url, options: { files, downloads } }) {
  const { page, complaints } = await openPage(browser, url);
  if (name === "chromium") await page.setViewport({ width: 390, height: 844 });
  const person = new Person(page, await wordsOf("en"));
  await person.begin("age.minor");
  await person.choose(...files);
  await person.press("review.send");
  await person.sees("code.title");
  const code = await person.code();
  const copied = await copyInEveryWay(person);
  await allowDownloads(page, name, downloads);
  await person.press("code.download");
  const file = await downloaded(downloads);
  return { code, copied, file, printed: await printed(person, name), complaints };
}

/** What is told and pasted: when no way works, by the browser's own way, by the older one alone. */
async function copyInEveryWay(person) {
  const { page } = person;
  const ways = {};
  for (const [name, works] of Object.entries({ none: [], clipboard: ["clipboard"], command: ["command"] })) {
    await page.evaluate(allow, works);
    await person.press("code.copy");
    await person.sees(name === "none" ? "code.copy_failed" : "code.copied");
    ways[name] = { told: await page.$eval(".copied", (note) => note.textContent), pasted: await pasted(person) };
  }
  return ways;
}

/** Runs in the page: leave it the ways to the clipboard that are named; the others fail as browsers make them fail. */
function allow(works) {
  delete navigator.clipboard.writeText;
  delete document.execCommand;
  if (!works.includes("clipboard")) {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("Refused.", "NotAllowedError"));
  }
  if (!works.includes("command")) document.execCommand = () => false;
}

/** Paste where a code is asked for, and put something else on the clipboard; return what was pasted. */
async function pasted(person) {
  const { page } = person;
  await person.press("nav.case");
  await person.sees("case.intro");
  await page.focus("#code");
  await withControl(page, "v", "Paste");
  const text = await page.$eval("#code", (field) => field.value);
  await page.$eval("#code", (field) => (field.value = "?"));
  await withControl(page, "a", "SelectAll");
  await withControl(page, "c", "Copy");
  await person.press("nav.report");
  await person.sees("code.title");
  return text;
}

/** Press a key with Control: headless Chromium has to be told what that means. */
async function withControl(page, key, command) {
  await page.keyboard.down("Control");
  await page.keyboard.press(key, { commands: [command] });
  await page.keyboard.up("Control");
}

/** Firefox is told by its preferences. */
async function allowDownloads(page, name, downloadPath) {
  if (name === "firefox") return;
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath });
}

async function downloaded(folder) {
  const deadline = Date.now() + SECONDS * 1000;
  while (Date.now() < deadline) {
    const [name] = (await readdir(folder)).filter((each) => each.endsWith(".txt"));
    const text = name ? await readFile(join(folder, name), "utf8") : "";
    if (text) return { name, text };
    await pause(25);
  }
  throw new Error(`Nothing was downloaded within ${SECONDS} s.`);
}

/** How often the browser was asked to print; whether it can; and what a reader finds on the sheet (puppeteer cannot ask Firefox). */
async function printed(person, name) {
  const { page } = person;
  await page.evaluate(() => {
    window.asked = 0;
    window.print = () => (window.asked += 1);
  });
  await person.press("code.print");
  const asked = await page.evaluate(() => window.asked);
  const bytes = (await page.pdf()).length;
  if (name === "firefox") return { asked, bytes };
  await page.emulateMediaType("print");
  return { asked, bytes, sheet: await page.evaluate(() => document.body.innerText) };
}
