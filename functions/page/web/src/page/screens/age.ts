/** The one question. Its answer says how the case is to be treated. */

import type { App, Screen } from "../app.ts";
import { button, el, p } from "../dom.ts";
import { newCase } from "../flow.ts";
import { say } from "../words.ts";
import { chooseScreen } from "./choose.ts";

export function ageScreen(app: App): Screen {
  const answer = (category: "minor" | "adult") => (): void =>
    app.go("report", chooseScreen(app, newCase(app, category)));
  return {
    step: 1,
    title: () => say("age.title"),
    content: () => [
      p(say("age.only")),
      el(
        "div",
        { class: "choices" },
        button(say("age.minor"), "choice", answer("minor")),
        button(say("age.adult"), "choice", answer("adult")),
      ),
    ],
  };
}
