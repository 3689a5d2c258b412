import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { fill, type Words } from '../i18n';
import type { Studio, View } from '../lib/studio';
import type { Arrival, Take } from '../lib/take';
import { Player } from './Player';
import { useWords } from './words';

interface TrayProps {
  readonly studio: Studio;
  readonly view: View;
}

/** Where every take is: on this phone, or arrived. */
export function Tray({ studio, view }: TrayProps): JSX.Element {
  const words = useWords();
  const [open, setOpen] = useState(false);
  const { takes, arrivals, arrivedCount } = view.kept;
  return (
    <details
      class="tray"
      open={open}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        <span class={takes.length > 0 ? 'count waiting' : 'count'} data-testid="on-phone">
          {words.onPhone} <b>{takes.length}</b>
        </span>
        <span class="count" data-testid="arrived">
          {words.arrived} <b>{arrivedCount}</b>
        </span>
      </summary>
      {open && (
        <div class="tray-body">
          <h2>{words.onPhone}</h2>
          {takes.length === 0 && <p class="note">{words.trayEmpty}</p>}
          <ul>
            {takes.map((take) => (
              <TakeLine key={take.id} take={take} studio={studio} view={view} />
            ))}
          </ul>
          {arrivals.length > 0 && <h2>{words.arrived}</h2>}
          <ul>
            {arrivals.map((arrival) => (
              <ArrivalLine key={arrival.id} arrival={arrival} />
            ))}
          </ul>
        </div>
      )}
    </details>
  );
}

function TakeLine({ take, studio, view }: TrayProps & { readonly take: Take }): JSX.Element {
  const words = useWords();
  const inReview = view.phase.at === 'review' && view.phase.takeId === take.id;
  return (
    <li class="line" data-take-state={take.state}>
      <bdi class="line-text" lang={take.locale} dir={take.direction}>
        {take.text}
      </bdi>
      <span class={`tag ${take.state}`}>{words[stateWord(take, view)]}</span>
      {take.state === 'refused' && (
        <>
          <p class="line-why">
            {fill(words.refusedBecause, { n: take.refusal?.status ?? '', why: take.refusal?.detail ?? '' })}
          </p>
          <Player take={take} audio={(id) => studio.audio(id)} />
        </>
      )}
      {take.state !== 'queued' && !inReview && (
        <div class="line-row">
          {take.state === 'refused' && (
            <button type="button" class="quiet framed" onClick={() => void studio.requeue(take.id)}>
              {words.again}
            </button>
          )}
          <button type="button" class="quiet framed" onClick={() => void saveFile(studio, take)}>
            {words.download}
          </button>
          <button type="button" class="quiet framed" onClick={() => void studio.remove(take.id)}>
            {words.delete}
          </button>
        </div>
      )}
    </li>
  );
}

function ArrivalLine({ arrival }: { readonly arrival: Arrival }): JSX.Element {
  const words = useWords();
  return (
    <li class="line">
      <bdi class="line-text" lang={arrival.locale} dir={arrival.direction}>
        {arrival.text}
      </bdi>
      <span class="tag good">{words.arrived}</span>
    </li>
  );
}

function stateWord(take: Take, { news }: View): keyof Words {
  if (take.state === 'recorded') return 'stateUnsent';
  if (take.state === 'refused') return 'stateRefused';
  return news?.kind === 'sending' && news.takeId === take.id ? 'stateSending' : 'stateWaiting';
}

const EXTENSIONS: readonly (readonly [string, string])[] = [
  ['audio/webm', 'webm'],
  ['audio/ogg', 'ogg'],
  ['audio/mp4', 'm4a'],
  ['audio/wav', 'wav'],
];

/** Hands the sound to the person as a file. */
export async function saveFile(studio: Studio, take: Take): Promise<void> {
  const audio = await studio.audio(take.id);
  if (!audio) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([audio], { type: take.contentType }));
  const extension = EXTENSIONS.find(([type]) => take.contentType.startsWith(type))?.[1] ?? 'bin';
  link.download = `${take.locale}-${take.id}.${extension}`;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 60_000);
}
