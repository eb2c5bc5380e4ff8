/**
 * ALTCHA's proof of work, version 2, by PBKDF2: find the counter whose key begins as the challenge says.
 * The password is the nonce and the counter's four bytes, most significant first. https://altcha.org
 */

/** A challenge as the API gives it; its signature covers every parameter. */
export interface Challenge {
  parameters: {
    algorithm: string;
    /** Iterations for each key. */
    cost: number;
    /** Bytes of a key. */
    keyLength: number;
    keyPrefix: string;
    nonce: string;
    salt: string;
    /** Seconds since 1970, by the server's clock. */
    expiresAt: number;
  };
  signature: string;
}

export interface Solution {
  counter: number;
  derivedKey: string;
}

const ALGORITHM = "PBKDF2/SHA-256";
const MOST_TRIES = 100_000;

/** Keys derived at once: browsers spread them over the processor's cores, and answer messages between two slices. */
const SLICE = 8;

/** Solve a challenge. Throws if it is of another kind, or has no solution among a hundred times the tries that ours take. */
export async function solve({ parameters }: Challenge): Promise<Solution> {
  if (parameters.algorithm !== ALGORITHM) throw new Error("The challenge is of another kind.");
  for (let first = 0; first < MOST_TRIES; first += SLICE) {
    const counters = Array.from({ length: SLICE }, (_, at) => first + at);
    const keys = await Promise.all(counters.map((counter) => derive(parameters, counter)));
    const at = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
    if (at >= 0) return { counter: first + at, derivedKey: keys[at] };
  }
  throw new Error("The challenge has no solution.");
}

async function derive({ nonce, salt, cost, keyLength }: Challenge["parameters"], counter: number): Promise<string> {
  const password = new Uint8Array([...bytes(nonce), counter >>> 24, counter >>> 16, counter >>> 8, counter]);
  const material = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  return hex(new Uint8Array(await crypto.subtle.deriveBits(how, material, 8 * keyLength)));
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

function hex(values: Uint8Array): string {
  return Array.from(values, (value) => value.toString(16).padStart(2, "0")).join("");
}
