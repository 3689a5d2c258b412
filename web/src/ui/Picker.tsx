import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { fill } from '../i18n';
import type { Api, LocaleOffer } from '../lib/api';
import { addressWith, languageName, readLocale } from '../lib/settings';
import { PageLanguages } from './Frame';
import { useWords } from './words';

/** Offered when the studio does not say what it has. */
const KNOWN: LocaleOffer[] = ['am', 'sw', 'en'].map((locale) => ({
  locale,
  name: null,
  direction: 'ltr',
  open: null,
}));

/** Which language will you speak? The address of a choice is that of the page in that language. */
export function Picker({ api }: { readonly api: Api }): JSX.Element {
  const words = useWords();
  const [offers, setOffers] = useState<readonly LocaleOffer[] | null>(null);
  useEffect(() => {
    void api.locales().then((list) => {
      setOffers(list?.length ? list : KNOWN);
    });
  }, [api]);
  return (
    <main class="sheet">
      <h1>{words.chooseLanguage}</h1>
      <ul class="choices" aria-busy={offers === null}>
        {(offers ?? []).map((offer) => (
          <li key={offer.locale}>
            <a href={addressWith(location.search, { locale: offer.locale })}>
              <bdi class="choice-name" lang={offer.locale} dir={offer.direction}>
                {offer.name ?? languageName(offer.locale)}
              </bdi>
              {offer.open !== null && (
                <span class="choice-note">{fill(words.waiting, { n: offer.open })}</span>
              )}
            </a>
          </li>
        ))}
      </ul>
      <OtherLanguage />
      <PageLanguages />
    </main>
  );
}

function OtherLanguage(): JSX.Element {
  const words = useWords();
  const [text, setText] = useState('');
  const locale = readLocale(text);
  return (
    <details class="other">
      <summary>{words.otherLanguage}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (locale !== null) location.search = addressWith(location.search, { locale });
        }}
      >
        <label for="code">{words.languageCode}</label>
        <div class="other-row">
          <input
            id="code"
            dir="ltr"
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={(event) => {
              setText(event.currentTarget.value);
            }}
          />
          <button type="submit" class="quiet framed" disabled={locale === null}>
            {words.go}
          </button>
        </div>
      </form>
    </details>
  );
}
