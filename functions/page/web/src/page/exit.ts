/** Leaving quickly: by the button that is always there, or by pressing Escape three times. */

import { sayCount } from "./words.ts";

/** A page that anybody might have open. */
export const ELSEWHERE = "https://weather.com/";
const PRESSES = 3;
const WITHIN = 2000;

/**
 * Empty the page at once and go elsewhere. This page's place in the history is taken by the other's, so that Back does not
 * lead here; the browser's list of visited pages keeps it.
 */
export function leave(clear: () => void): void {
  clear();
  document.title = "";
  document.body.replaceChildren();
  location.replace(ELSEWHERE);
}

/** Have three presses of Escape, none longer than two seconds after the last, call `go`. */
export function onEscapes(go: () => void, announce: (text: string) => void): void {
  let presses = 0;
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.repeat) return;
    presses = event.timeStamp - last < WITHIN ? presses + 1 : 1;
    last = event.timeStamp;
    if (presses === PRESSES) go();
    else announce(sayCount("exit.more", PRESSES - presses));
  });
}
