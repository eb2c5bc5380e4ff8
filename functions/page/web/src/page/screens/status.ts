/** What became of a case. */

import type { CaseReport } from "../api.ts";
import type { App, Screen } from "../app.ts";
import { type Child, button, el, p } from "../dom.ts";
import { MOST_ITEMS, addition } from "../flow.ts";
import { type CountedKey, type Key, day, number, say, sayCount } from "../words.ts";
import { chooseScreen } from "./choose.ts";
import { openCase } from "./enter.ts";
import { type Receipted, rejections } from "./keep.ts";
import { nameOf } from "./naming.ts";
import { withdrawScreen } from "./withdraw.ts";

const STATES: Record<CaseReport["status"], Key> = {
  open: "status.open",
  pending: "status.pending",
  sweeping: "status.pending",
  withdrawing: "status.withdrawing",
  withdrawn: "status.withdrawn",
};

/** `added` is what was just added to the case. */
export function statusScreen(app: App, code: string, report: CaseReport, added: Receipted | null = null): Screen {
  return {
    title: () => say("status.title"),
    content: () => [
      ...(added ? [p(sayCount("status.added", added.accepted), "good"), ...rejections(added)] : []),
      p(say(STATES[report.status]), `lamp ${report.status}`),
      p(say("status.since", { date: day(report.created) }), "note"),
      ...(report.status === "open" ? findings(report) : []),
      el("div", { class: "actions" }, ...actions(app, code, report)),
    ],
  };
}

function findings({ found, removed, items }: CaseReport): Child[] {
  return [
    el("div", { class: "counts" }, count(found, "status.found"), count(removed, "status.removed")),
    found === 0 ? p(say("status.none")) : null,
    el("h2", {}, say("status.items")),
    el("ul", { class: "files" }, ...items.map(line)),
  ];
}

function count(value: number, key: CountedKey): HTMLElement {
  return el("p", { class: "count" }, el("strong", {}, number(value)), " ", sayCount(key, value));
}

function line(item: CaseReport["items"][number], at: number): HTMLLIElement {
  const about = el(
    "div",
    { class: "about" },
    el("span", { class: "name" }, nameOf({ kind: item.kind, number: at + 1 })),
    el("span", { class: "state" }, sayCount("status.item.found", item.found)),
    el("span", { class: "state" }, sayCount("status.item.removed", item.removed)),
  );
  return el("li", {}, about);
}

function actions(app: App, code: string, report: CaseReport): Child[] {
  const add = (): void => app.go("case", chooseScreen(app, addition(app, code, report.items.length)));
  const takeBack = (): void => app.go("case", withdrawScreen(app, code, report));
  const open = report.status === "open";
  return [
    report.status === "withdrawn" ? null : button(say("status.refresh"), "primary", () => openCase(app, code)),
    open && report.items.length < MOST_ITEMS ? button(say("status.add"), "quiet", add) : null,
    open || report.status === "pending" ? button(say("status.withdraw"), "quiet", takeBack) : null,
    button(say("status.close"), "quiet", () => app.restart("case")),
  ];
}
