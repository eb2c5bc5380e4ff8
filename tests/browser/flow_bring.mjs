/**
 * Other ways to bring pictures than the button, and Stop.
 *
 * Options: `small`, `large` (paths of PNGs; the large one takes seconds).
 */

import { readFile } from "node:fs/promises";

import { Person, wordsOf } from "./flow_person.mjs";
import { openPage } from "./harness.mjs";

export default async function bring({ browser, name, url, options: { small, large } }) {
  const { page, complaints } = await openPage(browser, url);
  const person = new Person(page, await wordsOf("en"));
  const ways = name === "firefox" ? { drop: handOver("drop"), paste: handOver("paste") } : { drop: dragIn, paste: pasteIn };
  await person.sees("start.title");
  await ways.drop(person, small);
  await person.sees("start.title");
  await person.begin("age.adult");
  const reviews = {};
  for (const [way, take] of Object.entries(ways)) {
    await take(person, small);
    await person.sees("review.send");
    reviews[way] = await person.reads();
    await person.press("review.remove");
    await person.sees("choose.title");
  }
  return { reviews, stopped: await stop(person, small, large), address: page.url(), complaints };
}

/** Stop while the second of two is hashed, again while the only one is, and go on. */
async function stop(person, small, large) {
  await person.choose(small, large);
  await person.sees("state.ready");
  await person.press("making.stop");
  await person.sees("review.send");
  const some = await person.reads();
  await person.press("review.remove");
  await person.choose(large);
  await person.press("making.stop");
  await person.sees("review.none");
  const none = await person.reads();
  await person.press("choose.button");
  await person.choose(small);
  await person.sees("review.send");
  return { some, none, after: await person.reads() };
}

/** Drag a file from the system to the middle of the page and drop it. */
async function dragIn({ page }, path) {
  const session = await page.createCDPSession();
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  }
}

/** Copy a picture, as from another page, and paste it. */
async function pasteIn({ page }, path) {
  const permissions = ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"];
  await page.browserContext().overridePermissions(new URL(page.url()).origin, permissions);
  await page.evaluate(async (url) => {
    const bytes = Uint8Array.from(atob(url), (letter) => letter.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
  }, await readFile(path, "base64"));
  await page.keyboard.down("Control");
  await page.keyboard.press("v", { commands: ["Paste"] });
  await page.keyboard.up("Control");
}

/** Firefox lets nobody drag from outside, or put pictures on a clipboard without a screen: its events are made in the page. */
function handOver(kind) {
  return async ({ page }, path) =>
    page.evaluate(
      (type, body) => {
        const carried = new DataTransfer();
        const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
        carried.items.add(new File([bytes], "name.png", { type: "image/png" }));
        const event = new Event(type, { bubbles: true, cancelable: true });
        Object.defineProperty(event, type === "drop" ? "dataTransfer" : "clipboardData", { value: carried });
        document.body.dispatchEvent(event);
      },
      kind,
      await readFile(path, "base64"),
    );
}
