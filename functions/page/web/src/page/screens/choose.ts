/** Choosing pictures and videos: by a button, by dropping, by pasting. */

import type { App, Screen } from "../app.ts";
import { type Child, box, button, el, p } from "../dom.ts";
import { type Flow, step } from "../flow.ts";
import { say } from "../words.ts";
import { openCase } from "./enter.ts";
import { makingScreen } from "./making.ts";
import { reviewScreen } from "./review.ts";

/** HEIC is named so that phones hand over the file itself, where they would otherwise hand over a JPEG made of it. */
const KINDS = "image/*,video/*,.heic,.heif,.avif";

export function chooseScreen(app: App, flow: Flow): Screen {
  app.prover.start();
  const take = (files: Iterable<File>): void => {
    const chosen = [...files];
    if (chosen.length === 0) return;
    flow.collection.add(chosen);
    app.go(flow.section, makingScreen(app, flow));
  };
  return {
    ...step(flow, 2),
    title: () => say("choose.title"),
    content: (here) => {
      listen(take, here);
      return [
        box("warning", p(say("warning.again"))),
        p(say("choose.stay")),
        dropZone(take),
        navigator.onLine ? null : p(say("choose.offline"), "note"),
        el("div", { class: "actions" }, button(say("choose.back"), "quiet", () => back(app, flow))),
      ];
    },
  };
}

function dropZone(take: (files: Iterable<File>) => void): Child {
  const input = el("input", { type: "file", multiple: true, accept: KINDS, hidden: true, autocomplete: "off" });
  input.addEventListener("change", () => take(input.files ?? []));
  return el(
    "div",
    { class: "drop" },
    input,
    button(say("choose.button"), "primary", () => input.click()),
    p(say("choose.drop"), "pointing"),
  );
}

/** Whatever is dropped or pasted anywhere on the page is taken. */
function listen(take: (files: Iterable<File>) => void, here: AbortSignal): void {
  document.addEventListener("drop", (event) => take(event.dataTransfer?.files ?? []), { signal: here });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []), { signal: here });
}

function back(app: App, flow: Flow): void {
  if (flow.collection.entries.length > 0) app.go(flow.section, reviewScreen(app, flow));
  else if (flow.category) app.restart(flow.section);
  else openCase(app, flow.code);
}
