/** The page begins. */

import { Hasher } from "../hashing/client.ts";
import { Prover } from "../proof/client.ts";
import { App } from "./app.ts";
import { onEscapes } from "./exit.ts";
import { Frame } from "./frame.ts";
import { keepWatch } from "./guard.ts";
import { preferred } from "./languages.ts";
import { enterScreen } from "./screens/enter.ts";
import { helpScreen } from "./screens/help.ts";
import { startScreen } from "./screens/start.ts";
import { speak } from "./words.ts";

async function begin(): Promise<void> {
  const app: App = new App(new Hasher(), new Prover("challenge"), {
    report: () => startScreen(app),
    case: () => enterScreen(app),
    help: () => helpScreen(),
  });
  const { digest, icon } = document.body.dataset;
  const frame = new Frame(app, digest ?? "", icon ?? "");
  onEscapes(
    () => frame.leave(),
    (text) => frame.announce(text),
  );
  keepWatch(app);
  // without its messages the page speaks English, rather than not at all
  await speak(preferred(navigator.languages)).catch(() => speak("en"));
  app.present(frame);
}

void begin();
