/**
 * Run one scenario in one browser and print its result as JSON.
 *
 *     node tests/browser/scenario.mjs --scenario smoke --browser firefox --url http://127.0.0.1:8080/prod/ [--options '{}']
 *
 * A scenario is a file `<name>.mjs` beside this one whose default export takes { browser, name, url, options } and returns
 * what JSON can hold. `options.launch` are flags and preferences that `withBrowser` adds.
 */

import { parseArgs } from "node:util";

import { withBrowser } from "./harness.mjs";

const { values } = parseArgs({
  options: {
    scenario: { type: "string" },
    browser: { type: "string", default: "chromium" },
    url: { type: "string" },
    options: { type: "string", default: "{}" },
  },
});

const scenario = await import(`./${values.scenario}.mjs`);
const options = JSON.parse(values.options);
const result = await withBrowser(
  values.browser,
  (browser) => scenario.default({ browser, name: values.browser, url: values.url, options }),
  options.launch,
);
process.stdout.write(`${JSON.stringify(result)}\n`);
