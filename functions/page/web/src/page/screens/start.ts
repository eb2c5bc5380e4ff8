/** What this is, and what happens. */

import type { App, Screen } from "../app.ts";
import { box, button, el, expander, p } from "../dom.ts";
import { say } from "../words.ts";
import { ageScreen } from "./age.ts";

export function startScreen(app: App): Screen {
  return {
    title: () => say("start.title"),
    content: () => [
      p(say("start.kind"), "kind"),
      box("warning", el("h2", {}, say("warning.title")), p(say("warning.text"))),
      box("danger", p(say("danger.text")), button(say("danger.button"), "quiet", () => app.turnTo("help"))),
      el(
        "ol",
        { class: "story" },
        el("li", {}, say("start.one")),
        el("li", {}, say("start.two")),
        el("li", {}, say("start.three")),
      ),
      expander(say("start.fingerprint"), p(say("start.fingerprint.text"))),
      el("div", { class: "actions" }, button(say("start.button"), "primary", () => app.go("report", ageScreen(app)))),
    ],
  };
}
