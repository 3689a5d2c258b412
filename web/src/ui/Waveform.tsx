import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { condense } from '../lib/sound';

const BAR_PX = 3;
const GAP_PX = 2;
/** Speech seldom comes near full scale: more of the height for what it does reach. */
const LIFT = 1.5;

interface WaveformProps {
  /** 0 to 1, oldest first. */
  readonly levels: readonly number[];
  /** While recording: read anew this often, the newest at the end. */
  readonly everyMs?: number;
  /** While listening: how far, 0 to 1. */
  readonly progress?: number;
}

/** Loudness as bars. It repeats what the words say, so it is hidden from screen readers. */
export function Waveform({ levels, everyMs, progress }: WaveformProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const paint = (): void => {
      if (canvas.current) draw(canvas.current, levels, everyMs !== undefined, progress ?? 1);
    };
    paint();
    const timer = everyMs === undefined ? null : setInterval(paint, everyMs);
    window.addEventListener('resize', paint);
    return () => {
      if (timer !== null) clearInterval(timer);
      window.removeEventListener('resize', paint);
    };
  }, [levels, everyMs, progress]);
  return <canvas ref={canvas} class={everyMs === undefined ? 'wave' : 'wave live'} aria-hidden="true" />;
}

function draw(canvas: HTMLCanvasElement, levels: readonly number[], live: boolean, progress: number): void {
  const scale = Math.min(devicePixelRatio, 2);
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const count = Math.max(Math.floor(width / (BAR_PX + GAP_PX)), 1);
  const bars = live ? levels.slice(-count) : stretch(condense(levels, count), count);
  const step = live ? BAR_PX + GAP_PX : width / Math.max(bars.length, 1);
  const rtl = style.direction === 'rtl';
  // A moving picture is made calm by showing the present loudness only.
  const still = live && matchMedia('(prefers-reduced-motion: reduce)').matches;
  const shown = still ? bars.slice(-1).flatMap((level) => Array<number>(count).fill(level)) : bars;
  shown.forEach((level, i) => {
    const tall = Math.max(Math.min(level * level * LIFT, 1) * height, BAR_PX);
    const x = live ? width - (shown.length - i) * step : i * step;
    context.fillStyle = (i + 0.5) / shown.length <= progress ? style.color : style.borderColor;
    context.beginPath();
    const left = rtl ? width - x - BAR_PX : x;
    if (typeof context.roundRect === 'function')
      context.roundRect(left, (height - tall) / 2, BAR_PX, tall, 2);
    else context.rect(left, (height - tall) / 2, BAR_PX, tall);
    context.fill();
  });
}

/** Few values over many bars: each as long as it lasted. */
const stretch = (levels: readonly number[], count: number): number[] =>
  Array.from(
    { length: levels.length > 0 ? count : 0 },
    (_, i) => levels[Math.floor((i * levels.length) / count)] ?? 0,
  );
