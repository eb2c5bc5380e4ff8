/**
 * Case codes: 100 random bits in Crockford's base32, made here. Only the SHA-256 of the 20 symbols is submitted.
 * Source: https://www.crockford.com/base32.html
 */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 20;
const GROUP = 5;
const READ_AS: Record<string, string> = { O: "0", I: "1", L: "1" };

/** Return the 20 symbols of a new code. */
export function newCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  // 256 is a multiple of 32, so that every symbol is as likely as any other
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** Write a code as people read it: `7QJ4M-1V9ZK-0C3TB-HX8RD`. */
export function grouped(symbols: string): string {
  return groups(symbols).join("-");
}

/** Return the four groups of a code. */
export function groups(symbols: string): string[] {
  return Array.from({ length: LENGTH / GROUP }, (_, at) => symbols.slice(at * GROUP, (at + 1) * GROUP));
}

/** What a typed code is: its 20 symbols, or what is wrong with it. */
export type Typed = { symbols: string } | { fault: "length"; length: number } | { fault: "symbols" };

/** Read a code as it was typed: small letters, spaces, hyphens, and O, I and L for 0 and 1 do not matter. */
export function read(typed: string): Typed {
  const written = typed.normalize("NFKC").toUpperCase().replace(/[\s\p{Pd}\p{Cf}]/gu, "");
  const symbols = Array.from(written, (symbol) => READ_AS[symbol] ?? symbol);
  if (symbols.length !== LENGTH) return { fault: "length", length: symbols.length };
  if (symbols.some((symbol) => !ALPHABET.includes(symbol))) return { fault: "symbols" };
  return { symbols: symbols.join("") };
}

/** Return the case's identifier: the SHA-256, in hex, of the code's symbols. */
export async function caseOf(symbols: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(symbols));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
