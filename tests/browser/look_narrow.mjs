/** Every screen at 320 pixels, which is also 640 at 200 % zoom, in all languages: nothing sticks out, no target is too small. */

import { Person, until, wordsOf } from "./flow_person.mjs";
import { walk } from "./flow_walk.mjs";
import { openPage } from "./harness.mjs";

const WIDTH = 320;
const LANGUAGES = ["es", "fr", "de", "pt", "ar", "hi", "ja", "en"];

export default async function measure({ browser, url, options: { files } }) {
  const { page } = await openPage(browser, url);
  await narrow(page);
  const person = new Person(page, await wordsOf("en"));
  const faults = [];
  const screens = [];
  await walk(person, files, async (screen) => {
    screens.push(screen);
    for (const language of LANGUAGES) {
      await person.speak(language);
      faults.push(...(await page.evaluate(sticksOut, `${screen} ${language}`)));
      faults.push(...(await page.evaluate(tooSmall, `${screen} ${language}`)));
    }
  });
  return { screens, faults };
}

/** Firefox 140 cannot be told the orientation, which puppeteer does too; the size it takes. */
async function narrow(page) {
  const whole = page.setViewport({ width: WIDTH, height: 2 * WIDTH });
  await whole.catch((error) => {
    if (!String(error).includes("unknown command")) throw error;
  });
  await until(page, (width) => innerWidth === width, WIDTH);
}

/** What lies beyond the window's edges, or beyond those of the sheet that a screen is drawn on. */
function sticksOut(where) {
  const sheet = document.querySelector("main").getBoundingClientRect();
  const wide = document.documentElement.scrollWidth > innerWidth ? [`${where}: scrolls sideways`] : [];
  const out = [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility() && !element.closest(".unseen, .skip"))
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      const [least, most] = element.closest("main") ? [sheet.left, sheet.right] : [0, innerWidth];
      return width > 0 && (left < least - 0.5 || right > most + 0.5);
    });
  return [...wide, ...out.map((element) => `${where}: ${element.outerHTML.slice(0, 120)}`)];
}

/** Targets of less than 24 pixels (WCAG 2.2, 2.5.8). */
function tooSmall(where) {
  return [...document.querySelectorAll("button, select, input, summary, a")]
    .filter((element) => element.checkVisibility() && !element.closest(".unseen, .skip"))
    .filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width < 24 || height < 24;
    })
    .map((element) => `${where}: small: ${element.outerHTML.slice(0, 120)}`);
}
