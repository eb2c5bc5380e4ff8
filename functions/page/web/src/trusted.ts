/** The page's one Trusted Types policy: it makes addresses of our own workers, and nothing else. */

import { assets } from "./assets.ts";

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const WORKERS = new Set([assets.hashingWorker, assets.heifWorker, assets.proofWorker]);

const rules = {
  createScriptURL(url: string): string {
    if (!WORKERS.has(url)) throw new TypeError("Not a worker of this page.");
    return url;
  },
};

const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy("unspread", rules) ?? rules;

/** Start a dedicated worker of ours, by one of the addresses in `assets`. */
export function startWorker(url: string): Worker {
  return new Worker(policy.createScriptURL(url), { type: "classic" });
}
