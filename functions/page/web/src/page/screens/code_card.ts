/** A case code, to be copied, downloaded or printed. */

import type { App } from "../app.ts";
import { button, el, p } from "../dom.ts";
import { grouped, groups } from "../code.ts";
import { say } from "../words.ts";

/** A name that tells nobody what is in the file. */
const FILE_NAME = "my-code.txt";

export function codeCard(app: App, symbols: string): HTMLElement {
  const code = el("p", { class: "code", dir: "ltr", translate: "no" }, ...parts(symbols));
  const note = p("", "copied");
  const tell = (text: string): void => {
    note.textContent = text;
    app.announce(text);
  };
  return el(
    "section",
    { class: "card", "aria-label": say("code.label") },
    code,
    el(
      "div",
      { class: "actions" },
      button(say("code.copy"), "quiet", () => void copy(symbols, code).then(tell)),
      button(say("code.download"), "quiet", () => download(symbols)),
      button(say("code.print"), "quiet", () => print()),
    ),
    note,
    p(say("code.seen"), "note"),
  );
}

/** A line may break after a hyphen, and nowhere else. */
function parts(symbols: string): Node[] {
  return groups(symbols).map((group, at, all) => el("span", {}, at + 1 < all.length ? `${group}-` : group));
}

/** Copy a code. Returns what to tell the person. */
async function copy(symbols: string, shown: HTMLElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(grouped(symbols));
    return say("code.copied");
  } catch {
    return say(copySelected(shown) ? "code.copied" : "code.copy_failed");
  }
}

/** The older way, which some browsers and policies leave. */
function copySelected(shown: HTMLElement): boolean {
  getSelection()?.selectAllChildren(shown);
  return document.execCommand("copy");
}

function download(symbols: string): void {
  const address = location.href.split(/[?#]/)[0]!;
  const text = say("code.file", { code: grouped(symbols), address });
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  el("a", { href: url, download: FILE_NAME }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
