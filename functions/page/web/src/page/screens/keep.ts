/** The case code, which nobody can give again. */

import type { App, Screen } from "../app.ts";
import type { Receipt } from "../api.ts";
import type { Entry } from "../collection.ts";
import { type Child, button, box, el, p } from "../dom.ts";
import { type Flow, step } from "../flow.ts";
import { type Key, say, sayCount } from "../words.ts";
import { codeCard } from "./code_card.ts";
import { nameOf } from "./naming.ts";
import { nextScreen } from "./next.ts";

type Rejection = Receipt["rejected"][number]["reason"];

/** What was listed, and what was not. */
export interface Receipted {
  accepted: number;
  rejected: { entry: Entry; reason: Rejection }[];
}

const REJECTIONS: Record<Rejection, Key> = {
  low_quality: "rejected.low_quality",
  implausible: "rejected.implausible",
};

export function keepScreen(app: App, flow: Flow, receipted: Receipted): Screen {
  const kept = (): void => {
    app.unkeptCode = null;
    app.go(flow.section, nextScreen(app, flow.code));
  };
  return {
    ...step(flow, 4),
    title: () => say("code.title"),
    content: () => [
      p(sayCount("code.arrived", receipted.accepted)),
      ...rejections(receipted),
      p(say("code.why")),
      codeCard(app, flow.code),
      box("warning", p(say("code.lost")), p(say("code.secret"))),
      el("div", { class: "actions" }, button(say("code.kept"), "primary", kept)),
    ],
  };
}

/** Explain what was not listed. */
export function rejections({ rejected }: Receipted): Child[] {
  return rejected.map(({ entry, reason }) => p(say(REJECTIONS[reason], { name: nameOf(entry) }), "note"));
}
