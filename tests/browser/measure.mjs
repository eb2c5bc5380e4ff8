/** How long a file takes from its choice to its hash, how long the page's main thread is held up, and the most memory taken. */

import { readFileSync, readdirSync } from "node:fs";

import { openPage } from "./harness.mjs";

export default async function measure({ browser, url, options: { file, times } }) {
  const { page } = await openPage(browser, url);
  await page.evaluate(() => globalThis.ready());
  const idle = largestPeak(browser.process().pid);
  const runs = [];
  for (let run = 0; run < times; run++) {
    const input = await page.$("input");
    await input.uploadFile(file);
    runs.push(await page.evaluate(hashAndWatch));
  }
  return { runs, idle, peak: largestPeak(browser.process().pid) };
}

/** Runs in the page: hash the chosen file, and note the longest time between two turns of a timer. */
async function hashAndWatch() {
  let [watching, last, longest] = [true, performance.now(), 0];
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setTimeout(turn);
  };
  turn();
  const { milliseconds, hashed } = await globalThis.hashChosen(0);
  watching = false;
  return { milliseconds, longest, hashes: hashed.hashes.length };
}

/** The most memory, in MB, that any process below the browser's has held so far: the one of the page. */
function largestPeak(browserPid) {
  const parents = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const status = statusOf(name);
    if (status) parents.set(Number(name), status);
  }
  const below = (pid) => pid === browserPid || (parents.has(pid) && below(parents.get(pid).parent));
  return Math.max(...[...parents].filter(([pid]) => pid !== browserPid && below(pid)).map(([, { peak }]) => peak));
}

function statusOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
    return { parent: field("PPid"), peak: Math.round(field("VmHWM") / 1024) };
  } catch {
    return null; // it ended meanwhile
  }
}
