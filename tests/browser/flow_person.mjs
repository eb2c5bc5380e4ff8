/** A person at the page, who knows it by its words alone: buttons are found by what they say, in any language. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const MESSAGES = join(import.meta.dirname, "..", "..", "functions", "page", "web", "messages");
const SECONDS = 60;
const STEP = 25;

/** Return the messages of a language. */
export async function wordsOf(language) {
  return JSON.parse(await readFile(join(MESSAGES, `${language}.json`), "utf8"));
}

/**
 * Look at a page until there is an answer.
 *
 * Puppeteer's own `waitForFunction` evaluates text, which the page's policy forbids (Firefox applies it there).
 *
 * @returns a handle on the answer
 */
export async function until(page, look, ...given) {
  const deadline = Date.now() + SECONDS * 1000;
  while (Date.now() < deadline) {
    const answer = await page.evaluateHandle(look, ...given).catch(() => null); // null: the page is changing
    if (answer && (await answer.evaluate((value) => Boolean(value)))) return answer;
    await answer?.dispose();
    await pause(STEP);
  }
  throw new Error(`Waited ${SECONDS} s in vain.`);
}

/** Cut the page's pauses between attempts, half a minute in all, to a second; its patience with an answer stays as it is. */
export async function hasten(page) {
  await page.evaluate(() => {
    const real = window.setTimeout;
    window.setTimeout = (turn, milliseconds, ...given) => {
      return real(turn, milliseconds < 30_000 ? milliseconds / 30 : milliseconds, ...given);
    };
  });
}

export class Person {
  /** @param {import("puppeteer-core").Page} page which has been opened */
  constructor(page, words) {
    this.page = page;
    this.words = words;
  }

  /** Choose a language by the page's own chooser. */
  async speak(language) {
    this.words = await wordsOf(language);
    await this.page.select(".language", language);
    await until(this.page, (tag) => document.documentElement.lang === tag, language);
    await this.sees("nav.report");
  }

  /** Wait for a message to be on the page. Placeholders stand for anything. */
  async sees(key) {
    const forms = Object.values(typeof this.words[key] === "string" ? [this.words[key]] : this.words[key]);
    const patterns = forms.map((form) => form.split(/\{\w+\}/).map(escaped).join("[^]*?"));
    const found = (sources) => sources.some((source) => new RegExp(source).test(document.body.textContent));
    try {
      await until(this.page, found, patterns);
    } catch {
      throw new Error(`Never saw “${forms[0]}”. On the page: ${await this.reads()}`);
    }
  }

  /** Wait for a button and press it. */
  async press(key) {
    const button = await this.button(key);
    await button.click();
    await button.dispose();
  }

  async button(key) {
    await this.sees(key);
    const found = (wanted) =>
      [...document.querySelectorAll("button")].find((button) => button.textContent === wanted && button.checkVisibility());
    return (await until(this.page, found, this.words[key])).asElement();
  }

  /** Return what the current screen says. */
  async reads() {
    return this.page.$eval("main", (main) => main.innerText);
  }

  /** Answer the one question, and come to where pictures are chosen. */
  async begin(age) {
    await this.press("start.button");
    await this.press(age);
    await this.sees("choose.title");
  }

  /** Choose files, as the system's own dialogue gives them. */
  async choose(...paths) {
    const input = (await until(this.page, () => document.querySelector("input[type=file]"))).asElement();
    await input.uploadFile(...paths);
    await input.dispose();
  }

  /** Return the code that is shown. */
  async code() {
    return this.page.$eval(".code", (shown) => shown.textContent);
  }

  /** Enter a case code. */
  async enter(code) {
    await this.press("nav.case");
    await this.sees("case.intro");
    await this.page.type("#code", code);
    await this.page.keyboard.press("Enter");
  }

  /** Return how many items the case page lists. */
  async items() {
    await this.sees("status.items");
    return this.page.$$eval(".files li", (lines) => lines.length);
  }

  /** Return the two numbers of the case page: copies found, copies taken away. */
  async counts() {
    await this.sees("status.items");
    return this.page.$$eval(".count strong", (numbers) => numbers.map((each) => Number(each.textContent)));
  }
}

const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
