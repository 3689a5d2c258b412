import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fill } from '../i18n';
import { LEVEL_EVERY_MS } from '../lib/microphone';
import { says } from '../lib/says';
import type { Sentence, Studio, View } from '../lib/studio';
import { RecordIcon, SendIcon, StopIcon } from './icons';
import { Player, clock } from './Player';
import { Tray, saveFile } from './Tray';
import { Waveform } from './Waveform';
import { useWords } from './words';

interface BoothProps {
  readonly studio: Studio;
  readonly view: View;
}

/** The recording view: one sentence, one thing to do. */
export function Booth({ studio, view }: BoothProps): JSX.Element {
  const [used, setUsed] = useState(false);
  return (
    <main
      class="booth"
      data-used={used ? '' : undefined}
      onClickCapture={() => {
        setUsed(true);
      }}
    >
      <section class="stage">
        {view.sentence ? <SentenceView sentence={view.sentence} /> : <Waiting view={view} />}
      </section>
      <section class="panel">
        <Status view={view} />
        <Sound studio={studio} view={view} />
        <Controls studio={studio} view={view} />
      </section>
      <Tray studio={studio} view={view} />
    </main>
  );
}

function SentenceView({ sentence }: { readonly sentence: Sentence }): JSX.Element {
  const { text, locale, direction } = sentence;
  const size = text.length > 220 ? 'sentence small' : text.length > 90 ? 'sentence medium' : 'sentence';
  return (
    <h1 class={size} lang={locale} dir={direction} data-testid="prompt" aria-live="polite">
      {text}
    </h1>
  );
}

function Waiting({ view }: { readonly view: View }): JSX.Element {
  const words = useWords();
  const { supply } = view;
  switch (supply.kind) {
    case 'none':
      return <Notice title={words.noneTitle} text={words.none} />;
    case 'away':
      return <Notice title={words.awayTitle} text={words.away} />;
    case 'refused':
      return <Notice title={words.notOffered} text={supply.refusal.detail} />;
    case 'asking':
    case 'ready':
      return (
        <div class="skeleton" aria-hidden="true">
          <i />
          <i />
        </div>
      );
  }
}

function Notice({ title, text }: { readonly title: string; readonly text: string }): JSX.Element {
  return (
    <div class="notice" role="status">
      <h1>{title}</h1>
      <p>{text}</p>
    </div>
  );
}

function Status({ view }: { readonly view: View }): JSX.Element {
  const words = useWords();
  const { word, tone } = says(view);
  const silent =
    view.phase.at === 'idle' && !view.sentence && tone === 'plain' && view.supply.kind !== 'asking';
  return (
    <p class={`status ${tone}`} role="status">
      {silent ? '' : words[word]}
    </p>
  );
}

function Sound({ studio, view }: BoothProps): JSX.Element {
  const { phase, live, take } = view;
  return (
    <div class="sound">
      {phase.at === 'recording' && live && (
        <>
          <Waveform levels={live.levels} everyMs={LEVEL_EVERY_MS} />
          <Elapsed sinceMs={phase.sinceMs} longestMs={live.longestMs} />
        </>
      )}
      {take && (phase.at === 'review' || phase.at === 'unsaved') && (
        <Player key={take.id} take={take} audio={(id) => studio.audio(id)} />
      )}
    </div>
  );
}

const LAST_SECONDS = 10;

function Elapsed({
  sinceMs,
  longestMs,
}: {
  readonly sinceMs: number;
  readonly longestMs: number;
}): JSX.Element {
  const words = useWords();
  const [now, setNow] = useState(sinceMs);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 250);
    return () => {
      clearInterval(timer);
    };
  }, []);
  const seconds = Math.max((now - sinceMs) / 1_000, 0);
  const left = Math.ceil(longestMs / 1_000 - seconds);
  return (
    <span class="time" role="timer">
      {left <= LAST_SECONDS ? fill(words.secondsLeft, { n: Math.max(left, 0) }) : clock(seconds)}
    </span>
  );
}

/** The one thing to do now is a wide button that takes the focus; the rest is quiet below it. */
function Controls({ studio, view }: BoothProps): JSX.Element {
  const words = useWords();
  const { phase, locked, sentence } = view;
  switch (phase.at) {
    case 'idle':
    case 'opening':
      return (
        <div class="controls">
          <Main
            key="record"
            name={words.record}
            icon={<RecordIcon />}
            disabled={!sentence || locked || phase.at === 'opening'}
            onPress={() => void studio.record()}
          />
          <div class="row">
            <Quiet
              name={words.skip}
              disabled={!sentence || locked || phase.at === 'opening'}
              onPress={() => {
                studio.skip();
              }}
            />
          </div>
        </div>
      );
    case 'recording':
    case 'saving':
      return (
        <div class="controls">
          <Main
            key="stop"
            name={words.stop}
            icon={<StopIcon />}
            look="stop"
            disabled={phase.at === 'saving'}
            onPress={() => void studio.end()}
          />
          <div class="row" />
        </div>
      );
    case 'review':
      return (
        <div class="controls">
          <Main
            key="send"
            name={words.send}
            icon={<SendIcon />}
            disabled={locked}
            onPress={() => void studio.send()}
          />
          <div class="row">
            <Quiet name={words.again} disabled={locked} onPress={() => void studio.record()} />
            <Quiet name={words.delete} disabled={locked} onPress={() => void studio.discard()} />
          </div>
        </div>
      );
    case 'unsaved':
      return (
        <div class="controls">
          <Main key="keep" name={words.keep} disabled={locked} onPress={() => void studio.keepAgain()} />
          <div class="row">
            <Quiet
              name={words.download}
              disabled={locked}
              onPress={() => {
                if (view.take) void saveFile(studio, view.take);
              }}
            />
            <Quiet name={words.delete} disabled={locked} onPress={() => void studio.discard()} />
          </div>
        </div>
      );
  }
}

/** Whether the person has pressed anything in this view yet: its panel is marked at the first press. */
const navigated = (button: Element | null): boolean => button?.closest('[data-used]') != null;

interface MainProps {
  readonly name: string;
  readonly icon?: JSX.Element;
  readonly look?: 'stop';
  readonly disabled: boolean;
  readonly onPress: () => void;
}

function Main({ name, icon, look, disabled, onPress }: MainProps): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  // Takes the focus that a vanished button has left behind: the keyboard follows the flow. Not on page load.
  useEffect(() => {
    const { activeElement } = document;
    const lost = !activeElement || activeElement === document.body;
    if (lost && navigated(button.current)) button.current?.focus({ preventScroll: true });
  }, []);
  return (
    <button
      ref={button}
      type="button"
      class={`primary ${look ?? ''}`}
      aria-disabled={disabled}
      onClick={() => {
        if (!disabled) onPress();
      }}
    >
      {icon}
      {name}
    </button>
  );
}

interface QuietProps {
  readonly name: string;
  readonly disabled: boolean;
  readonly onPress: () => void;
}

function Quiet({ name, disabled, onPress }: QuietProps): JSX.Element {
  return (
    <button
      type="button"
      class="quiet"
      aria-disabled={disabled}
      onClick={() => {
        if (!disabled) onPress();
      }}
    >
      {name}
    </button>
  );
}
