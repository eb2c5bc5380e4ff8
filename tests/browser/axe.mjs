/**
 * Every screen under axe-core, from left to right and from right to left; light and dark, but in Firefox, which shows the scheme that
 * it was launched with: puppeteer cannot change it there.
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { Person, wordsOf } from "./flow_person.mjs";
import { walk } from "./flow_walk.mjs";
import { openPage } from "./harness.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export default async function check({ browser, name, url, options: { files } }) {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const { page } = await openPage(browser, url);
  const person = new Person(page, await wordsOf("en"));
  const violations = [];
  const screens = [];
  await page.evaluate(axe);
  await walk(person, files, async (screen) => {
    screens.push(screen);
    for (const language of ["ar", "en"]) {
      await person.speak(language);
      for (const scheme of name === "firefox" ? ["as launched"] : ["dark", "light"]) {
        if (name !== "firefox") await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        violations.push(...(await page.evaluate(run, TAGS, `${screen} ${language} ${scheme}`)));
      }
    }
  });
  return { screens, violations };
}

async function run(tags, where) {
  const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
  return violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.html).join(" ")}`);
}
