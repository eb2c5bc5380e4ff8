/** Where to find help, by country. The data are in help.json. */

import help from "../../../help.json";
import type { Screen } from "../app.ts";
import { type Child, box, el, fill, outwardLink, p } from "../dom.ts";
import { type Key, say, spoken } from "../words.ts";

interface Service {
  name: string;
  for: keyof typeof PURPOSES;
  phone?: string;
  url?: string;
  /** The language of its name. */
  lang?: string;
}

interface Country {
  emergency?: string;
  services: Service[];
}

const PURPOSES = {
  talk_young: "help.talk_young",
  talk: "help.talk",
  remove_young: "help.remove_young",
  remove_adult: "help.remove_adult",
  remove: "help.remove",
  report: "help.report",
} as const satisfies Record<string, Key>;

const COUNTRIES = help.countries as Record<string, Country>;
const EVERYWHERE = help.everywhere as Service[];

export function helpScreen(): Screen {
  let chosen = country(navigator.languages);
  return {
    title: () => say("help.title"),
    content: () => {
      const near = el("div", { class: "near" });
      const select = countrySelect(chosen);
      const show = (): void => fill(near, ...nearby(COUNTRIES[chosen]));
      select.addEventListener("change", () => {
        chosen = select.value;
        show();
      });
      show();
      return [
        p(say("help.intro")),
        box("warning", p(say("help.threat"))),
        el("label", { for: select.id }, say("help.country")),
        select,
        near,
        el("h2", {}, say("help.everywhere")),
        services(EVERYWHERE),
      ];
    },
  };
}

/** Guess the country from the languages alone: nothing else is asked of the device. */
function country(tags: readonly string[]): string {
  const regions = tags.map((tag) => new Intl.Locale(tag).region ?? "");
  return regions.find((region) => region in COUNTRIES) ?? "";
}

function countrySelect(chosen: string): HTMLSelectElement {
  const names = new Intl.DisplayNames(spoken(), { type: "region" });
  const options = Object.keys(COUNTRIES)
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .sort((one, other) => one.name.localeCompare(other.name, spoken()))
    .map(({ code, name }) => el("option", { value: code, selected: code === chosen }, name));
  const elsewhere = el("option", { value: "", selected: chosen === "" }, say("help.elsewhere"));
  return el("select", { id: "country", autocomplete: "off" }, elsewhere, ...options);
}

function nearby(found: Country | undefined): Child[] {
  const number = found?.emergency;
  const call = number
    ? el("a", { href: `tel:${number}`, class: "button danger" }, say("help.emergency.call", { number }))
    : p(say("help.emergency.elsewhere"));
  return [box("danger", el("p", {}, el("strong", {}, say("help.emergency"))), call), found ? services(found.services) : null];
}

function services(those: Service[]): HTMLUListElement {
  return el("ul", { class: "services" }, ...those.map(service));
}

function service({ name, phone, url, lang, for: purpose }: Service): HTMLLIElement {
  const written = el("bdi", { lang: lang ?? null }, name);
  return el(
    "li",
    {},
    el("strong", {}, written),
    p(say(PURPOSES[purpose]), "note"),
    phone ? el("a", { href: `tel:${phone.replace(/[^\d+#*]/g, "")}`, class: "phone" }, el("bdi", { dir: "ltr" }, phone)) : null,
    url ? outwardLink(url, new URL(url).hostname.replace(/^www\./, ""), say("help.tab")) : null,
  );
}
