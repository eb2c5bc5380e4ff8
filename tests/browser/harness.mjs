/** Real browsers, started with a fresh profile: Chromium over CDP, Firefox over WebDriver BiDi. */

import { mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import puppeteer from "puppeteer-core";

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Nothing of Firefox's own may go out while we count what goes out. */
const FIREFOX_PREFERENCES = {
  "app.update.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.server": "data:,",
};

export const BROWSERS = {
  chromium: { program: process.env.UNSPREAD_CHROMIUM ?? "/usr/bin/chromium", install: "apt-get install chromium" },
  firefox: { program: process.env.UNSPREAD_FIREFOX ?? "/usr/bin/firefox-esr", install: "apt-get install firefox-esr" },
};

/**
 * Start a browser, hand it to `use`, and close it whatever happens.
 *
 * @param {"chromium" | "firefox"} name
 * @param {(browser: import("puppeteer-core").Browser) => Promise<T>} use
 * @param {{ flags?: string[], preferences?: Record<string, unknown> }} [extra] more flags (Chromium), preferences (Firefox)
 * @returns {Promise<T>}
 * @template T
 */
export async function withBrowser(name, use, extra = {}) {
  const { program, install } = BROWSERS[name] ?? {};
  if (!program) throw new Error(`Unknown browser ${name}: choose chromium or firefox.`);
  if (!existsSync(program)) throw new Error(`${program} is missing: ${install}.`);
  const profile = await mkdtemp(join(tmpdir(), `unspread-${name}-`));
  const browser = await puppeteer.launch({
    browser: name === "firefox" ? "firefox" : "chrome",
    executablePath: program,
    headless: true,
    acceptInsecureCerts: true,
    userDataDir: profile,
    args: name === "firefox" ? [] : [...CHROMIUM_FLAGS, ...(extra.flags ?? [])],
    extraPrefsFirefox: { ...FIREFOX_PREFERENCES, ...extra.preferences },
    protocolTimeout: 300_000,
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Open a page and keep what it complains of.
 *
 * @returns {Promise<{ page: import("puppeteer-core").Page, complaints: string[] }>} `complaints` grows while the page lives:
 *   uncaught errors and console errors, refusals by a policy among them.
 */
export async function openPage(browser, url) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, complaints };
}
