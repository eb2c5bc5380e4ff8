/** What browsers do by themselves and must not do here: losing a code, opening a dropped picture, coming back to life. */

import type { App } from "./app.ts";

/** Keep watch as long as the page lives. */
export function keepWatch(app: App): void {
  // a picture that is dropped beside the place for it would be opened in this tab
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());

  window.addEventListener("beforeunload", (event) => {
    if (app.unkeptCode) event.preventDefault();
  });

  // Browsers keep a page that was left, and show it again on Back: whoever holds the device then would see it. A code that
  // was not kept is worth more than that.
  window.addEventListener("pagehide", (event) => {
    if (event.persisted && !app.unkeptCode) document.body.replaceChildren();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !app.unkeptCode) location.reload();
  });
}
