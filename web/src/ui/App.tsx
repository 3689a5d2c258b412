import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Api } from '../lib/api';
import type { Studio } from '../lib/studio';
import type { Consent, TakeStore } from '../lib/store';
import { Agreement, CONSENT_VERSION } from './Agreement';
import { Booth } from './Booth';
import { Frame } from './Frame';
import { Picker } from './Picker';
import { useWords } from './words';

interface AppProps {
  readonly api: Api;
  readonly locale: string | null;
  /** null: the browser keeps nothing. */
  readonly store: TakeStore | null;
  readonly consent: Consent | null;
  readonly giveConsent: (version: string) => Promise<Consent>;
  readonly makeStudio: (locale: string, consent: Consent, onChange: () => void) => Studio;
}

export function App(props: AppProps): JSX.Element {
  const { api, locale, store, giveConsent, makeStudio } = props;
  const words = useWords();
  const [consent, setConsent] = useState(props.consent);
  if (!store) {
    return (
      <Frame locale={null}>
        <main class="sheet">
          <p role="alert">{words.noStorage}</p>
        </main>
      </Frame>
    );
  }
  if (locale === null) {
    return (
      <Frame locale={null}>
        <Picker api={api} />
      </Frame>
    );
  }
  if (consent?.version !== CONSENT_VERSION) {
    return (
      <Frame locale={locale}>
        <Agreement onAgree={() => void giveConsent(CONSENT_VERSION).then(setConsent)} />
      </Frame>
    );
  }
  return (
    <Frame locale={locale}>
      <Room locale={locale} consent={consent} makeStudio={makeStudio} />
    </Frame>
  );
}

type RoomProps = Pick<AppProps, 'makeStudio'> & { readonly locale: string; readonly consent: Consent };

function Room({ locale, consent, makeStudio }: RoomProps): JSX.Element {
  const [, redraw] = useState(0);
  const studio = useMemo(
    () =>
      makeStudio(locale, consent, () => {
        redraw((count) => count + 1);
      }),
    [makeStudio, locale, consent],
  );
  useEffect(() => {
    void studio.start();
    return () => {
      studio.stop();
    };
  }, [studio]);
  return <Booth studio={studio} view={studio.view} />;
}
