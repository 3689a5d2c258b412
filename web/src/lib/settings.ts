// What the page's address asks for: /?locale=sw&ui=en&format=wav&max=30
import type { Format } from './microphone';

export interface Settings {
  /** The language to speak; null: ask. */
  readonly locale: string | null;
  /** The language of the page's own words; null: the browser's. */
  readonly ui: string | null;
  readonly format: Format;
  /** The longest take. */
  readonly longestMs: number;
}

const LONGEST_SECONDS = 60;

export function readSettings(search: string): Settings {
  const query = new URLSearchParams(search);
  const seconds = Number(query.get('max') ?? LONGEST_SECONDS);
  return {
    locale: readLocale(query.get('locale')),
    ui: query.get('ui'),
    format: query.get('format') === 'wav' ? 'wav' : 'opus',
    longestMs: (seconds >= 1 && seconds <= LONGEST_SECONDS ? seconds : LONGEST_SECONDS) * 1_000,
  };
}

/** A BCP 47 tag in its canonical form, else null. */
export function readLocale(text: string | null): string | null {
  try {
    return text ? (Intl.getCanonicalLocales(text.trim())[0] ?? null) : null;
  } catch {
    return null;
  }
}

/** The address of this page with some of its settings changed; null takes one out. */
export function addressWith(search: string, changes: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return `?${query.toString()}`;
}

/** A language's name: in itself, else as its tag. */
export function languageName(locale: string, inLanguage: string = locale): string {
  try {
    const name = new Intl.DisplayNames([inLanguage], { type: 'language', fallback: 'none' }).of(locale);
    return name ? name.charAt(0).toLocaleUpperCase(inLanguage) + name.slice(1) : locale;
  } catch {
    return locale;
  }
}
