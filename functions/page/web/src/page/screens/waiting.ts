/** Something takes a moment; when it is held up, the person is told by what. */

import type { Screen } from "../app.ts";
import { el } from "../dom.ts";
import { type Key, say } from "../words.ts";

export class Waiting {
  private readonly line = el("p", { role: "status" });

  /** @param words what is said first */
  constructor(
    private readonly title: Key,
    private words: Key,
  ) {}

  /** Say something else from now on. */
  say(words: Key): void {
    this.words = words;
    this.line.textContent = say(words);
  }

  screen(): Screen {
    return {
      title: () => say(this.title),
      content: () => {
        this.say(this.words);
        return [el("div", { class: "waiting" }, el("progress", { "aria-label": say(this.title) }), this.line)];
      },
    };
  }
}
