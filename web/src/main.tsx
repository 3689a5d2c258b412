// Puts the page together: the browser's services, the store, the studio's interface, and the components.
import { render } from 'preact';
import { choosePageLanguage, directionOf } from './i18n';
import { makeApi } from './lib/api';
import { askToPersist, claim, heldIn, holdTab, openTabs, sha256, tabChannel } from './lib/device';
import { BrowserMicrophone } from './lib/microphone';
import { readSettings } from './lib/settings';
import { TakeStore, type Consent } from './lib/store';
import { Studio } from './lib/studio';
import { uuid4, uuid7 } from './lib/uuid';
import { App } from './ui/App';
import { Language } from './ui/words';

declare const WAV_WORKLET_URL: string;

const settings = readSettings(location.search);
const language = choosePageLanguage(settings.ui, navigator.languages);
document.documentElement.lang = language;
document.documentElement.dir = directionOf(language);

const now = (): number => Date.now();
const api = makeApi(document.baseURI, { fetch: (url, init) => fetch(url, init), now, sha256 });

async function giveConsent(store: TakeStore, version: string): Promise<Consent> {
  askToPersist();
  // The same voice stays the same speaker when the words of the consent change.
  const speakerId = (await store.consent())?.speakerId ?? uuid4();
  const consent = { version, speakerId, givenAtMs: now() };
  await store.setConsent(consent);
  return consent;
}

function makeStudio(
  store: TakeStore,
  tab: string,
  locale: string,
  consent: Consent,
  onChange: () => void,
): Studio {
  const { load, save } = heldIn(locale, consent.speakerId);
  const studio = new Studio({
    ...{ api, store, tab, locale, consent, claim, openTabs, now, onChange },
    microphone: new BrowserMicrophone(WAV_WORKLET_URL),
    format: settings.format,
    longestMs: settings.longestMs,
    random: () => Math.random(),
    newRecordingId: () => uuid7(),
    newRequestId: () => uuid4(),
    loadHeld: load,
    saveHeld: save,
    tellOthers: tabChannel(() => void studio.reload()),
  });
  const wake = (): void => {
    if (document.visibilityState === 'visible') studio.wake();
  };
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  addEventListener('beforeunload', (event) => {
    const { at } = studio.view.phase;
    if (at === 'unsaved' || at === 'recording') event.preventDefault();
  });
  return studio;
}

// A key held down is one press: a held Enter must not run through Record, Stop and Send.
addEventListener('keydown', (event) => {
  if (event.repeat && (event.key === 'Enter' || event.key === ' ')) event.preventDefault();
});

async function start(): Promise<void> {
  const tab = uuid4();
  const store = await TakeStore.open().catch(() => null);
  const consent = (await store?.consent()) ?? null;
  await holdTab(tab);
  const root = document.getElementById('app');
  if (!root) return;
  render(
    <Language.Provider value={language}>
      <App
        {...{ api, store, consent, locale: settings.locale }}
        giveConsent={(version) =>
          store ? giveConsent(store, version) : Promise.reject(new Error('no store'))
        }
        makeStudio={(locale, given, onChange) => {
          if (!store) throw new Error('no store');
          return makeStudio(store, tab, locale, given, onChange);
        }}
      />
    </Language.Provider>,
    root,
  );
}

void start();
