/** Taking a case back, after saying what that means. */

import { type CaseReport, RefusedError, withdraw } from "../api.ts";
import type { App, Screen } from "../app.ts";
import { box, button, el, list, p } from "../dom.ts";
import { LONG } from "../patience.ts";
import { say } from "../words.ts";
import { openCase, waitingFor } from "./enter.ts";
import { statusScreen } from "./status.ts";

export function withdrawScreen(app: App, code: string, report: CaseReport): Screen {
  const confirmed = (): void => {
    withdraw(code, { pauses: LONG, onWait: waitingFor(app), signal: app.life })
      .then((answer) => app.go("case", statusScreen(app, code, answer)))
      .catch((error: unknown) => {
        // what is refused will be refused again: better to see how the case stands
        if (error instanceof RefusedError) openCase(app, code);
        else app.go("case", unfinishedScreen(app, code, confirmed));
      });
  };
  return {
    title: () => say("withdraw.title"),
    content: () => [
      list(say("withdraw.list"), say("withdraw.removed"), say("withdraw.others")),
      box("warning", p(say("withdraw.final"))),
      el(
        "div",
        { class: "actions" },
        button(say("withdraw.confirm"), "danger", confirmed),
        button(say("withdraw.keep"), "quiet", () => app.go("case", statusScreen(app, code, report))),
      ),
    ],
  };
}

/** No answer came: withdrawing may be repeated. */
function unfinishedScreen(app: App, code: string, again: () => void): Screen {
  return {
    title: () => say("case.title"),
    content: () => [
      p(say("case.failed"), "fault"),
      el(
        "div",
        { class: "actions" },
        button(say("lost.again"), "primary", again),
        button(say("status.refresh"), "quiet", () => openCase(app, code)),
      ),
    ],
  };
}
