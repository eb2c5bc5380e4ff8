/** The way to a code by keyboard alone. Every screen begins at its heading. */

import { Person, wordsOf } from "./flow_person.mjs";
import { openPage } from "./harness.mjs";

const MOST_TABS = 40;

export default async function type({ browser, url, options: { files } }) {
  const { page } = await openPage(browser, url);
  const person = new Person(page, await wordsOf("en"));
  const focused = [];
  const arrive = async (key) => {
    await person.sees(key);
    focused.push(await page.evaluate(() => document.activeElement.tagName));
  };
  await person.sees("start.title");
  await reach(person, "skip");
  await page.keyboard.press("Enter");
  await arrive("start.title");
  await press(person, "start.button");
  await arrive("age.title");
  await press(person, "age.minor");
  await arrive("choose.title");
  await reach(person, "choose.button");
  const chooser = page.waitForFileChooser();
  await page.evaluate(() => 0); // keys take another way than orders do: the page has to know that it is waited for
  await page.keyboard.press("Enter");
  await (await chooser).accept(files);
  await arrive("review.send");
  await press(person, "review.send");
  await arrive("code.title");
  const code = await person.code();
  await press(person, "code.kept");
  await arrive("next.title");
  await press(person, "next.case");
  await arrive("status.items");
  return { focused, code };
}

/** Go to a button with the Tab key, and see that it shows that it has the focus. */
async function reach(person, key) {
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await person.page.keyboard.press("Tab");
    const { text, outline } = await person.page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { text: document.activeElement.textContent, outline: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
    });
    if (text !== person.words[key]) continue;
    if (!outline) throw new Error(`“${text}” does not show that it has the focus.`);
    return;
  }
  throw new Error(`No way to “${person.words[key]}” by the Tab key.`);
}

async function press(person, key) {
  await reach(person, key);
  await person.page.keyboard.press("Enter");
}
