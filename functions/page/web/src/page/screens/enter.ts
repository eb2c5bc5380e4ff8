/** Entering a case code. */

import { RefusedError, askCase } from "../api.ts";
import type { App, Screen } from "../app.ts";
import { type Typed, read } from "../code.ts";
import { button, el, p } from "../dom.ts";
import { SHORT } from "../patience.ts";
import { say, sayCount } from "../words.ts";
import type { Receipted } from "./keep.ts";
import { statusScreen } from "./status.ts";
import { Waiting } from "./waiting.ts";

export function enterScreen(app: App): Screen {
  return {
    title: () => say("case.title"),
    content: () => {
      const input = codeField();
      const hint = el("p", { id: "code-hint", class: "note" }, say("case.hint"));
      const fault = el("p", { id: "code-fault", class: "fault", role: "alert" });
      const open = (): void => {
        const typed = read(input.value);
        if ("symbols" in typed) openCase(app, typed.symbols);
        else complain(input, fault, faultOf(typed));
      };
      // not a form: the page's sandbox lets none be sent
      input.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !event.isComposing) open();
      });
      return [
        p(say("case.intro")),
        el("label", { for: input.id }, say("case.label")),
        hint,
        input,
        fault,
        el("div", { class: "actions" }, button(say("case.open"), "primary", open)),
      ];
    },
  };
}

/** Ask for a case and show it, with what was just added to it. */
export function openCase(app: App, code: string, added: Receipted | null = null): void {
  askCase(code, { pauses: SHORT, onWait: waitingFor(app), signal: app.life })
    .then((report) => app.go("case", statusScreen(app, code, report, added)))
    .catch((error: unknown) => app.go("case", unopenedScreen(app, code, error)));
}

/** Show that a case is being asked about. Returns what is to be told when the answer is held up. */
export function waitingFor(app: App): (offline: boolean) => void {
  const waiting = new Waiting("case.title", "case.loading");
  app.go("case", waiting.screen());
  return (offline) => waiting.say(offline ? "case.offline" : "case.loading");
}

const UNKNOWN = new Set([401, 404]);

function unopenedScreen(app: App, code: string, error: unknown): Screen {
  const unknown = error instanceof RefusedError && UNKNOWN.has(error.status);
  return {
    title: () => say("case.title"),
    content: () => [
      p(say(unknown ? "case.unknown" : "case.failed"), "fault"),
      el(
        "div",
        { class: "actions" },
        unknown ? null : button(say("lost.again"), "primary", () => openCase(app, code)),
        button(say("case.other"), "quiet", () => app.go("case", enterScreen(app))),
      ),
    ],
  };
}

function codeField(): HTMLInputElement {
  return el("input", {
    type: "text",
    id: "code",
    class: "code-field",
    dir: "ltr",
    maxlength: "60",
    "aria-describedby": "code-hint code-fault",
    // nothing is to remember it, correct it, or send it somewhere to be checked
    autocomplete: "off",
    autocapitalize: "characters",
    autocorrect: "off",
    spellcheck: "false",
  });
}

function complain(input: HTMLInputElement, line: HTMLElement, fault: string): void {
  line.textContent = fault;
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

function faultOf(typed: Exclude<Typed, { symbols: string }>): string {
  return typed.fault === "length" ? sayCount("case.length", typed.length) : say("case.symbols");
}
