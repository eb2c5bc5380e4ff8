/** What happens next, and what this cannot do. */

import type { App, Screen } from "../app.ts";
import { button, el, list } from "../dom.ts";
import { say } from "../words.ts";
import { openCase } from "./enter.ts";

export function nextScreen(app: App, code: string): Screen {
  const seeCase = (): void => {
    app.restart("report");
    openCase(app, code);
    app.turnTo("case");
  };
  return {
    title: () => say("next.title"),
    content: () => [
      list(say("next.new"), say("next.old"), say("next.look")),
      el("h2", {}, say("cannot.title")),
      list(say("cannot.chats"), say("cannot.changed"), say("cannot.elsewhere")),
      el("h2", {}, say("care.title")),
      list(say("care.repost"), say("care.talk")),
      el(
        "div",
        { class: "actions" },
        button(say("next.case"), "primary", seeCase),
        button(say("next.help"), "quiet", () => app.turnTo("help")),
      ),
    ],
  };
}
