import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Take } from '../lib/take';
import { PauseIcon, PlayIcon } from './icons';
import { Waveform } from './Waveform';
import { useWords } from './words';

interface PlayerProps {
  readonly take: Take;
  readonly audio: (id: string) => Promise<ArrayBuffer | null>;
}

/** Listen to a take before it goes. */
export function Player({ take, audio }: PlayerProps): JSX.Element {
  const words = useWords();
  const element = useRef<HTMLAudioElement | null>(null);
  const [playing, setPlaying] = useState(false);
  const [seconds, setSeconds] = useState(0);
  const whole = take.durationMs / 1_000;

  useEffect(
    () => () => {
      const player = element.current;
      element.current = null;
      if (!player) return;
      player.pause();
      URL.revokeObjectURL(player.src);
    },
    [take.id],
  );

  const open = async (): Promise<HTMLAudioElement | null> => {
    if (element.current) return element.current;
    const bytes = await audio(take.id);
    if (!bytes) return null;
    const player = new Audio(URL.createObjectURL(new Blob([bytes], { type: take.contentType })));
    player.addEventListener('timeupdate', () => {
      setSeconds(player.currentTime);
    });
    for (const [event, on] of [
      ['playing', true],
      ['pause', false],
      ['ended', false],
    ] as const) {
      player.addEventListener(event, () => {
        setPlaying(on);
      });
    }
    player.addEventListener('ended', () => {
      setSeconds(0);
    });
    element.current = player;
    return player;
  };

  const press = async (): Promise<void> => {
    const player = await open();
    if (!player) return;
    if (player.paused) await player.play().catch(() => undefined);
    else player.pause();
  };

  return (
    <div class="player">
      <button type="button" class="round" onClick={() => void press()}>
        {playing ? <PauseIcon /> : <PlayIcon />}
        <span class="unseen">{playing ? words.pause : words.listen}</span>
      </button>
      <Waveform levels={take.peaks} progress={seconds > 0 ? seconds / whole : 1} />
      <span class="time">{clock(Math.max(Math.round(whole), 1))}</span>
    </div>
  );
}

export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
