/** The languages of the page. */

export const LANGUAGES = {
  en: "English",
  es: "Español",
  fr: "Français",
  de: "Deutsch",
  pt: "Português",
  ar: "العربية",
  hi: "हिन्दी",
  ja: "日本語",
} as const;

export type Language = keyof typeof LANGUAGES;

const RIGHT_TO_LEFT: ReadonlySet<Language> = new Set(["ar"]);

/** Whether this is one of our languages. */
export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}

/** Return the first of a person's languages that we have, English if we have none. */
export function preferred(tags: readonly string[]): Language {
  return tags.map((tag) => tag.split("-")[0]!.toLowerCase()).find(isLanguage) ?? "en";
}

/** Return the direction in which a language is written. */
export function direction(language: Language): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
}
