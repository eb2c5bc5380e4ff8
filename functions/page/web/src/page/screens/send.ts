/** Sending, trying again, and what to do when it did not work. */

import { type Receipt, RefusedError } from "../api.ts";
import type { App, Screen } from "../app.ts";
import { type Child, box, button, el, p } from "../dom.ts";
import { type Flow, step } from "../flow.ts";
import { LONG } from "../patience.ts";
import { Sending } from "../sending.ts";
import { say } from "../words.ts";
import { codeCard } from "./code_card.ts";
import { openCase } from "./enter.ts";
import { keepScreen } from "./keep.ts";
import { reviewScreen } from "./review.ts";
import { Waiting } from "./waiting.ts";

/** Sending begins at once. */
export function sendScreen(app: App, flow: Flow, sending = new Sending(flow, app.prover)): Screen {
  const waiting = new Waiting("send.title", "send.wait");
  const onWait = (offline: boolean): void => waiting.say(offline ? "send.offline" : "send.retry");
  // from now on the case may exist: its code must not get lost
  if (flow.category) app.unkeptCode = flow.code;
  sending
    .send({ pauses: LONG, onWait, signal: app.life })
    .then((receipt) => arrived(app, flow, receipt))
    .catch((error: unknown) => app.go(flow.section, failedScreen(app, flow, sending, error)));
  return { ...step(flow, 3), ...waiting.screen() };
}

function arrived(app: App, flow: Flow, receipt: Receipt): void {
  const sent = flow.collection.ready();
  const rejected = receipt.rejected.map(({ item, reason }) => ({ entry: sent[item]!, reason }));
  flow.collection.clear();
  const receipted = { accepted: receipt.accepted, rejected };
  if (flow.category) app.go(flow.section, keepScreen(app, flow, receipted));
  else openCase(app, flow.code, receipted);
}

function failedScreen(app: App, flow: Flow, sending: Sending, error: unknown): Screen {
  if (error instanceof RefusedError) return refusedScreen(app, flow, error.status);
  const again = (): void => app.go(flow.section, sendScreen(app, flow, sending));
  return sending.begun ? lostScreen(app, flow, again) : unsentScreen(app, flow, again);
}

/** Nobody knows whether it arrived: nothing may be changed any more, only sent again. */
function lostScreen(app: App, flow: Flow, again: () => void): Screen {
  return {
    ...step(flow, 3),
    title: () => say("lost.title"),
    content: () => [
      p(say("lost.text")),
      el("div", { class: "actions" }, button(say("lost.again"), "primary", again)),
      p(say(flow.category ? "lost.code" : "lost.added")),
      ...(flow.category ? [codeCard(app, flow.code), keptActions(app)] : []),
    ],
  };
}

function keptActions(app: App): HTMLElement {
  const kept = (): void => {
    app.unkeptCode = null;
    app.restart("report");
    app.turnTo("case");
  };
  return el("div", { class: "actions" }, button(say("code.kept"), "quiet", kept));
}

function unsentScreen(app: App, flow: Flow, again: () => void): Screen {
  app.unkeptCode = null;
  return {
    ...step(flow, 3),
    title: () => say("unsent.title"),
    content: () => [
      p(say("unsent.text")),
      el("div", { class: "actions" }, button(say("lost.again"), "primary", again), backToReview(app, flow)),
    ],
  };
}

const CONFLICT = 409;
const UNUSABLE = 422;

/** A refusal: nothing was listed. */
function refusedScreen(app: App, flow: Flow, status: number): Screen {
  if (flow.category) app.unkeptCode = null;
  const restart = (): void => {
    flow.collection.clear();
    app.restart(flow.section);
  };
  const known: Record<number, Child[]> = {
    [CONFLICT]: [p(say("refused.closed")), button(say("refused.restart"), "primary", restart)],
    [UNUSABLE]: [p(say("refused.items")), backToReview(app, flow)],
  };
  return {
    ...step(flow, 3),
    title: () => say("refused.title"),
    content: () => [box("warning", ...(known[status] ?? [p(say("refused.other"))]))],
  };
}

function backToReview(app: App, flow: Flow): HTMLButtonElement {
  return button(say("refused.back"), "quiet", () => app.go(flow.section, reviewScreen(app, flow)));
}
