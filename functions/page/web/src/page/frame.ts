/** What stands around every screen: the bar with the way out, the sections, the steps, the footer. */

import { assets } from "../assets.ts";
import type { App, SectionName, Stage } from "./app.ts";
import { button, el, expander, fill, outwardLink, p } from "./dom.ts";
import { leave } from "./exit.ts";
import { LANGUAGES, isLanguage } from "./languages.ts";
import { type Key, say, speak, spoken } from "./words.ts";

const SECTIONS: Record<SectionName, Key> = { report: "nav.report", case: "nav.case", help: "nav.help" };
const STEPS: readonly Key[] = ["steps.about", "steps.pictures", "steps.send", "steps.code"];
const DIGEST_SHOWN = 12;

/** The page, drawn into <body>. */
export class Frame implements Stage {
  private readonly bar = el("header", { class: "bar" });
  private readonly sections = el("nav", { class: "sections" });
  private readonly main = el("main", { id: "main" });
  private readonly footer = el("footer", {});
  private readonly spokenLine = el("div", { class: "unseen", role: "status" });
  private shown = new AbortController();

  constructor(
    private readonly app: App,
    private readonly digest: string,
    private readonly icon: string,
  ) {
    fill(document.body, this.bar, this.sections, this.main, this.footer, this.spokenLine);
  }

  draw(moved: boolean): void {
    this.shown.abort();
    this.shown = new AbortController();
    this.drawSections();
    this.drawScreen(moved);
    if (!moved) {
      this.drawBar();
      this.drawFooter();
    }
  }

  announce(text: string): void {
    this.spokenLine.textContent = text;
  }

  leave(): void {
    leave(() => this.app.clear());
  }

  private drawBar(): void {
    const skip = button(say("skip"), "skip", () => this.main.querySelector("h1")?.focus());
    const brand = el("p", { class: "brand" }, el("img", { src: this.icon, alt: "", width: "32", height: "32" }), "Unspread");
    fill(this.bar, skip, brand, this.languageSelect(), button(say("exit.button"), "exit", () => this.leave()));
  }

  private languageSelect(): HTMLSelectElement {
    const options = Object.entries(LANGUAGES).map(([tag, name]) =>
      el("option", { value: tag, lang: tag, selected: tag === spoken() }, name),
    );
    const select = el("select", { class: "language", "aria-label": say("language.label"), autocomplete: "off" }, ...options);
    select.addEventListener("change", () => void this.speak(select));
    return select;
  }

  private async speak(select: HTMLSelectElement): Promise<void> {
    try {
      if (isLanguage(select.value)) await speak(select.value);
    } finally {
      this.draw(false);
      this.bar.querySelector("select")?.focus();
    }
  }

  private drawSections(): void {
    this.sections.setAttribute("aria-label", say("nav.label"));
    const buttons = (Object.keys(SECTIONS) as SectionName[]).map((name) => {
      const made = button(say(SECTIONS[name]), "section", () => this.app.turnTo(name));
      if (name === this.app.section) made.setAttribute("aria-current", "page");
      return made;
    });
    fill(this.sections, ...buttons);
  }

  private drawScreen(moved: boolean): void {
    const screen = this.app.screen();
    const heading = el("h1", { tabindex: "-1" }, screen.title());
    fill(this.main, screen.step ? steps(screen.step) : null, heading, ...screen.content(this.shown.signal));
    if (!moved) return;
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }

  private drawFooter(): void {
    const build = expander(
      say("foot.build", { digest: this.digest.slice(0, DIGEST_SHOWN) }),
      el("p", {}, el("code", { dir: "ltr" }, this.digest)),
      p(say("foot.compare")),
      el("p", {}, outwardLink(assets.licences, say("foot.licences"), say("help.tab"))),
    );
    fill(
      this.footer,
      expander(say("exit.title"), p(say("exit.hint")), p(say("exit.limits"))),
      p(say("foot.network")),
      expander(say("foot.how"), p(say("foot.flight")), p(say("foot.expert"))),
      build,
    );
  }
}

function steps(current: number): HTMLOListElement {
  const items = STEPS.map((key, at) => {
    const place = at + 1 < current ? "past" : at + 1 === current ? "now" : "ahead";
    return el("li", { class: place, "aria-current": place === "now" ? "step" : null }, el("span", {}, say(key)));
  });
  return el("ol", { class: "steps", "aria-label": say("steps.label") }, ...items);
}
