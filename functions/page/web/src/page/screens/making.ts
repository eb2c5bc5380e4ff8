/** Hashing what was chosen, with progress. */

import type { App, Screen } from "../app.ts";
import type { Entry } from "../collection.ts";
import { button, el, fill, p } from "../dom.ts";
import { type Flow, step } from "../flow.ts";
import { percent, say } from "../words.ts";
import { nameOf, stateOf } from "./naming.ts";
import { reviewScreen } from "./review.ts";

/** At most one spoken message in this time, in milliseconds. */
const SPOKEN_EVERY = 4000;

/** Hashing begins at once; the screen shows how far it is. */
export function makingScreen(app: App, flow: Flow): Screen {
  const stop = new AbortController();
  const board = new Board(app, flow, () => stop.abort());
  void flow.collection
    .work((entry) => board.update(entry), stop.signal)
    .then(() => app.go(flow.section, reviewScreen(app, flow)));
  return {
    ...step(flow, 2),
    title: () => say("making.title"),
    content: () => board.content(),
  };
}

/** The progress of every file. */
class Board {
  private readonly lines = new Map<Entry, HTMLElement>();
  private readonly bar = el("progress", { max: "1", value: "0" });
  private readonly position = p("", "position");
  private spokenAt = 0;

  constructor(
    private readonly app: App,
    private readonly flow: Flow,
    private readonly stop: () => void,
  ) {}

  content(): HTMLElement[] {
    const { entries } = this.flow.collection;
    this.lines.clear();
    const items = entries.map((entry) => {
      const line = el("li", {});
      this.lines.set(entry, line);
      this.write(entry);
      return line;
    });
    this.bar.setAttribute("aria-label", say("making.title"));
    return [
      p(say("making.stay")),
      el("div", { class: "progress" }, this.bar, this.position),
      el("ul", { class: "files" }, ...items),
      el("div", { class: "actions" }, button(say("making.stop"), "quiet", this.stop)),
    ];
  }

  update(entry: Entry): void {
    const { entries } = this.flow.collection;
    const finished = entries.filter(({ state }) => state.is === "ready" || state.is === "failed").length;
    const done = entry.state.is === "working" ? entry.state.done : 0;
    this.bar.value = (finished + done) / entries.length;
    this.position.textContent = say("making.position", {
      current: Math.min(finished + 1, entries.length),
      count: entries.length,
    });
    this.write(entry);
    this.speak(entry);
  }

  private write(entry: Entry): void {
    const line = this.lines.get(entry);
    if (!line) return;
    line.className = entry.state.is;
    fill(line, el("span", { class: "name" }, nameOf(entry)), el("span", { class: "state" }, stateOf(entry)));
  }

  private speak(entry: Entry): void {
    if (performance.now() - this.spokenAt < SPOKEN_EVERY) return;
    this.spokenAt = performance.now();
    this.app.announce(`${nameOf(entry)}. ${this.position.textContent}. ${percent(this.bar.value)}`);
  }
}
