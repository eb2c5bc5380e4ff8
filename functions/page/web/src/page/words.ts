/** What the page says, in the chosen language. English is built in; the others are fetched when chosen. */

import english from "../../messages/en.json";
import { assets } from "../assets.ts";
import { type Language, direction } from "./languages.ts";

type English = typeof english;
type Forms = Partial<Record<Intl.LDMLPluralRule, string>>;
type Messages = Record<keyof English, string | Forms>;

/** A message that is one text. */
export type Key = { [K in keyof English]: English[K] extends string ? K : never }[keyof English];

/** A message that has a form for each kind of number. */
export type CountedKey = Exclude<keyof English, Key>;

type Values = Record<string, string | number>;

let language: Language = "en";
let messages: Messages = english;

/** Return the language that the page speaks. */
export function spoken(): Language {
  return language;
}

/**
 * Speak another language from now on. The page has to be drawn anew.
 *
 * @throws Error if its messages cannot be fetched; the page then keeps its language
 */
export async function speak(wanted: Language): Promise<void> {
  messages = wanted === "en" ? english : await load(wanted);
  language = wanted;
  document.documentElement.lang = wanted;
  document.documentElement.dir = direction(wanted);
}

/** Return a message, its placeholders filled in. */
export function say(key: Key, values: Values = {}): string {
  return filled(messages[key] as string, values);
}

/** Return a message in the form that fits `count`, which also fills the placeholder {count}. */
export function sayCount(key: CountedKey, count: number, values: Values = {}): string {
  const forms = messages[key] as Forms;
  const form = forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? "";
  return filled(form, { count, ...values });
}

/** Write a number as the language does. */
export function number(value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

/** Write a share of 1 as the language does. */
export function percent(share: number): string {
  return new Intl.NumberFormat(language, { style: "percent" }).format(Math.floor(share * 100) / 100);
}

/** Write a day, given as YYYY-MM-DD, as the language does. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${iso}T00:00Z`));
}

async function load(wanted: Language): Promise<Messages> {
  const answer = await fetch(assets.messages[wanted]!, { credentials: "omit", referrerPolicy: "no-referrer" });
  if (!answer.ok) throw new Error("The messages of this language cannot be fetched.");
  return (await answer.json()) as Messages;
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? number(value) : value;
  });
}
