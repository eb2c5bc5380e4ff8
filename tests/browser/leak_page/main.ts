/** A page of the tests: starts the hostile script as our workers are (guarded), under their headers alone (confined), or free. */

import { assets } from "../../../functions/page/web/src/assets.ts";

interface Policies {
  createPolicy(name: string, rules: object): { createScriptURL(url: string): string };
}

const scripts = assets as unknown as Record<string, string>;
const rules = { createScriptURL: (url: string) => url };
const policy = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy("unspread", rules) ?? rules;

Object.assign(globalThis, {
  /** Try every way to each of the origins; returns what the hostile script noticed. */
  leak: (kind: "guarded" | "confined" | "free", origins: string[]) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(policy.createScriptURL(scripts[kind]));
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(origins);
    }),
});
