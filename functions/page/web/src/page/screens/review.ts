/** What is ready to be sent, and what is not, and why. */

import type { App, Screen } from "../app.ts";
import type { Entry } from "../collection.ts";
import { type Child, button, el, p } from "../dom.ts";
import { type Flow, step } from "../flow.ts";
import { say, sayCount } from "../words.ts";
import { chooseScreen } from "./choose.ts";
import { explanation, nameOf, readiness, stateOf } from "./naming.ts";
import { sendScreen } from "./send.ts";

const SENT = { minor: "review.sent.minor", adult: "review.sent.adult" } as const;

export function reviewScreen(app: App, flow: Flow): Screen {
  const { collection } = flow;
  const choose = (): void => app.go(flow.section, chooseScreen(app, flow));
  const screen: Screen = {
    ...step(flow, 2),
    title: () => readiness(collection.ready()),
    content: () => {
      const some = collection.ready().length > 0;
      const room = collection.entries.length < collection.most;
      return [
        ...notes(flow),
        el("ul", { class: "files" }, ...collection.entries.map((entry) => line(entry, () => remove(entry)))),
        some ? p(say(flow.category ? SENT[flow.category] : "review.sent.added"), "note") : null,
        el(
          "div",
          { class: "actions" },
          some ? button(say("review.send"), "primary", () => app.go(flow.section, sendScreen(app, flow))) : null,
          room ? button(say(some ? "review.more" : "choose.button"), some ? "quiet" : "primary", choose) : null,
        ),
      ];
    },
  };
  const remove = (entry: Entry): void => {
    collection.remove(entry);
    app.go(flow.section, collection.entries.length > 0 ? screen : chooseScreen(app, flow));
    app.announce(say("review.removed", { name: nameOf(entry) }));
  };
  return screen;
}

function notes({ collection }: Flow): Child[] {
  const failed = collection.failed().length;
  return [
    failed ? p(sayCount("review.failed", failed), "note") : null,
    collection.twice ? p(sayCount("review.twice", collection.twice), "note") : null,
    collection.over ? p(sayCount("review.over", collection.over, { most: collection.most }), "note") : null,
  ];
}

function line(entry: Entry, remove: () => void): HTMLLIElement {
  const why = explanation(entry);
  const name = nameOf(entry);
  const press = button(say("review.remove"), "small quiet", remove);
  press.setAttribute("aria-label", say("review.remove.named", { name }));
  return el(
    "li",
    { class: entry.state.is },
    el(
      "div",
      { class: "about" },
      el("span", { class: "name" }, name),
      el("span", { class: "state" }, stateOf(entry)),
      why ? p(why, "why") : null,
    ),
    press,
  );
}
