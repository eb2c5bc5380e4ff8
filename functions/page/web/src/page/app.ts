/** The page's state: its three sections, the screen that each of them shows, and what is unsaved. */

import type { Hasher } from "../hashing/client.ts";
import type { Prover } from "../proof/client.ts";
import type { Child } from "./dom.ts";

export type SectionName = "report" | "case" | "help";

/** One screen of a section. It holds what it needs: it is drawn anew when the language changes. */
export interface Screen {
  /** Its place among the steps, from 1; for screens on the way to a new case. */
  step?: 1 | 2 | 3 | 4;
  title(): string;
  /** Its content. `here` is aborted when it is taken off the page: listeners end with it. */
  content(here: AbortSignal): Child[];
}

export interface Stage {
  /** Draw what is shown now. The focus goes to the heading if `moved`. */
  draw(moved: boolean): void;
  /** Have a screen reader say something, when it has time. */
  announce(text: string): void;
}

export class App {
  section: SectionName = "report";
  /** A case code that has been sent, perhaps, and not been kept. */
  unkeptCode: string | null = null;
  private readonly ending = new AbortController();
  /** Aborted when everything is forgotten: what is under way stops. */
  readonly life = this.ending.signal;
  private readonly screens = new Map<SectionName, Screen>();
  private stage: Stage | null = null;

  constructor(
    readonly hasher: Hasher,
    readonly prover: Prover,
    private readonly first: Record<SectionName, () => Screen>,
  ) {}

  present(stage: Stage): void {
    this.stage = stage;
    stage.draw(false);
  }

  /** Return the screen of the section that is shown. */
  screen(): Screen {
    const shown = this.screens.get(this.section) ?? this.first[this.section]();
    this.screens.set(this.section, shown);
    return shown;
  }

  /** Show another section, where it was left. */
  turnTo(section: SectionName): void {
    this.section = section;
    this.stage?.draw(true);
  }

  /** Put another screen into a section. It is drawn if that section is the one that is shown. */
  go(section: SectionName, screen: Screen): void {
    this.screens.set(section, screen);
    if (section === this.section) this.stage?.draw(true);
  }

  /** Begin a section from its first screen. */
  restart(section: SectionName): void {
    this.go(section, this.first[section]());
  }

  redraw(): void {
    this.stage?.draw(false);
  }

  announce(text: string): void {
    this.stage?.announce(text);
  }

  /** Forget everything. */
  clear(): void {
    this.ending.abort();
    this.unkeptCode = null;
    this.screens.clear();
    this.stage = null;
  }
}
