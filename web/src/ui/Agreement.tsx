import type { JSX } from 'preact';
import { PageLanguages } from './Frame';
import { useWords } from './words';

/** The version of the words below. New words with another meaning need a new version: everyone is asked again. */
export const CONSENT_VERSION = '2026-11';

export function Agreement({ onAgree }: { readonly onAgree: () => void }): JSX.Element {
  const words = useWords();
  return (
    <main class="sheet">
      <h1>{words.consentTitle}</h1>
      <ul class="points">
        {[words.consentWhat, words.consentWhy, words.consentWho, words.consentWhen].map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
      <div class="sheet-action">
        <button type="button" class="primary" onClick={onAgree}>
          {words.agree}
        </button>
        <p class="note">{words.disagree}</p>
      </div>
      <PageLanguages />
    </main>
  );
}
