/** The HTTPS API, by relative addresses: the page works under any stage. See docs/openapi.json. */

import { type Patience, persist } from "./patience.ts";

/** A picture or a video, as its hashes. */
export interface Item {
  kind: "image" | "video";
  sha256: string;
  md5?: string;
  hashes: { pdq: string; quality: number; phash?: string; windows?: string[] }[];
}

/** What was listed. `rejected` counts items from 0. */
export interface Receipt {
  accepted: number;
  rejected: { item: number; reason: "low_quality" | "implausible" }[];
}

/** What the holder of a code sees. `created` is a day, YYYY-MM-DD. */
export interface CaseReport {
  status: "pending" | "open" | "withdrawing" | "withdrawn" | "sweeping";
  category: "minor" | "adult";
  created: string;
  found: number;
  removed: number;
  items: { kind: "image" | "video"; found: number; removed: number }[];
}

/** The API's refusal: the same request will be refused again. */
export class RefusedError extends Error {
  constructor(readonly status: number) {
    super(`Refused with status ${status}.`);
  }
}

/** Nothing came back: whether the request arrived is not known. */
export class NoAnswerError extends Error {}

const ANSWER_WITHIN = 35_000;
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

interface Request {
  method: "GET" | "POST" | "DELETE";
  path: "submissions" | "case" | "case/items";
  code?: string;
  body?: object;
}

/** Submit a new case. The same body may be sent again at any time. */
export function submit(body: object, patience: Patience): Promise<Receipt> {
  return call({ method: "POST", path: "submissions", body }, patience);
}

/** Add items to a case. The same body may be sent again at any time. */
export function addItems(code: string, body: object, patience: Patience): Promise<Receipt> {
  return call({ method: "POST", path: "case/items", code, body }, patience);
}

/** Ask for the state of a case. */
export function askCase(code: string, patience: Patience): Promise<CaseReport> {
  return call({ method: "GET", path: "case", code }, patience);
}

/** Withdraw a case. It may be repeated. */
export function withdraw(code: string, patience: Patience): Promise<CaseReport> {
  return call({ method: "DELETE", path: "case", code }, patience);
}

async function call<Answer>(request: Request, patience: Patience): Promise<Answer> {
  const answer = await persist(() => attempt(request, patience.signal), patience);
  if (answer === null) throw new NoAnswerError();
  if (!answer.ok) throw new RefusedError(answer.status);
  try {
    return (await answer.json()) as Answer;
  } catch {
    throw new NoAnswerError();
  }
}

/** Send a request once. Returns null if trying again may help. */
async function attempt(request: Request, signal: AbortSignal): Promise<Response | null> {
  const headers: Record<string, string> = {};
  if (request.code) headers["Authorization"] = `Case ${request.code}`;
  if (request.body) headers["Content-Type"] = "application/json";
  const limit = new AbortController();
  const stop = (): void => limit.abort();
  const timer = setTimeout(stop, ANSWER_WITHIN);
  signal.addEventListener("abort", stop);
  try {
    const answer = await fetch(request.path, {
      method: request.method,
      headers,
      body: request.body ? JSON.stringify(request.body) : null,
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: limit.signal,
    });
    return PASSING.has(answer.status) ? null : answer;
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
