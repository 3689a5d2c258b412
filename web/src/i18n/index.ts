import { am } from './am';
import { ar } from './ar';
import { en, type Words } from './en';
import { sw } from './sw';
import type { Direction } from '../lib/take';

export type { Words } from './en';

export const PAGE_LANGUAGES = { en, sw, am, ar } as const;
export type PageLanguage = keyof typeof PAGE_LANGUAGES;

export const isPageLanguage = (tag: string): tag is PageLanguage =>
  Object.prototype.hasOwnProperty.call(PAGE_LANGUAGES, tag);

/** The one asked for by the address, else the first of the browser's that we have, else English. */
export function choosePageLanguage(asked: string | null, browser: readonly string[]): PageLanguage {
  const tags = [asked ?? '', ...browser].map((tag) => tag.toLowerCase().split('-')[0] ?? '');
  return tags.find(isPageLanguage) ?? 'en';
}

export const directionOf = (language: PageLanguage): Direction => (language === 'ar' ? 'rtl' : 'ltr');
export const wordsOf = (language: PageLanguage): Words => PAGE_LANGUAGES[language];

/** Puts values into the {places} of a text. */
export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
