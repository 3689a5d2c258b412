import type { ComponentChildren, JSX } from 'preact';
import { useContext } from 'preact/hooks';
import { PAGE_LANGUAGES, type PageLanguage } from '../i18n';
import { addressWith, languageName } from '../lib/settings';
import { Mark } from './icons';
import { Language, useWords } from './words';

interface FrameProps {
  /** The language spoken, with a way to change it; null while it is being chosen. */
  readonly locale: string | null;
  readonly children: ComponentChildren;
}

/** Head and foot of every view. */
export function Frame({ locale, children }: FrameProps): JSX.Element {
  const words = useWords();
  return (
    <>
      <header class="head">
        <span class="brand">
          <Mark />
          Antiphon
        </span>
        {locale !== null && (
          <a
            class="chip"
            href={addressWith(location.search, { locale: null })}
            aria-label={`${words.changeLanguage}: ${languageName(locale)}`}
          >
            <span lang={locale}>{languageName(locale)}</span>
            <span class="chip-sign" aria-hidden="true">
              ⇄
            </span>
          </a>
        )}
      </header>
      {children}
    </>
  );
}

/** The choice of the page's own language: links, so that it works before anything else does. */
export function PageLanguages(): JSX.Element {
  const words = useWords();
  const shown = useContext(Language);
  const languages = Object.keys(PAGE_LANGUAGES) as PageLanguage[];
  return (
    <nav class="page-languages" aria-label={words.pageLanguage}>
      {languages.map((language) => (
        <a
          key={language}
          lang={language}
          href={addressWith(location.search, { ui: language })}
          aria-current={language === shown ? 'true' : undefined}
        >
          {languageName(language)}
        </a>
      ))}
    </nav>
  );
}
