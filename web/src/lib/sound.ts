// Loudness, for the eye and for a word of advice. No judgement of quality: that is for those who come after.
import { AUDIO_BYTES_MAX, PEAKS_MAX } from './take';

const FLOOR_DB = -54;

/** The RMS of samples in -1 to 1. */
export function rms(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  return samples.length > 0 ? Math.sqrt(sum / samples.length) : 0;
}

/** Loudness as the ear has it: 0 at -54 dB of full scale and below, 1 at full scale. */
export function loudness(level: number): number {
  if (level <= 0) return 0;
  return Math.min(Math.max(1 - (20 * Math.log10(level)) / FLOOR_DB, 0), 1);
}

/** At most `count` values: the loudest of each stretch. */
export function condense(levels: readonly number[], count: number = PEAKS_MAX): number[] {
  if (levels.length <= count) return [...levels];
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * levels.length) / count);
    const to = Math.floor(((i + 1) * levels.length) / count);
    return Math.max(...levels.slice(from, to));
  });
}

export type Advice = 'short' | 'quiet' | null;

const SHORT_MS = 400;
const QUIET_LOUDNESS = 0.2;

/** Advice only when loudness was measured at all. */
export function advice(durationMs: number, peaks: readonly number[]): Advice {
  if (durationMs < SHORT_MS) return 'short';
  return peaks.length > 0 && Math.max(...peaks) < QUIET_LOUDNESS ? 'quiet' : null;
}

const WAV_HEADER_BYTES = 44;

/** The longest WAV take in whole seconds that the studio still accepts. */
export const wavSecondsMax = (sampleRate: number): number =>
  Math.floor((AUDIO_BYTES_MAX - WAV_HEADER_BYTES) / (sampleRate * 2));

/** Mono 16 bit PCM in a RIFF file. */
export function wavFile(chunks: readonly Float32Array[], sampleRate: number): ArrayBuffer {
  const samples = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytes = new ArrayBuffer(WAV_HEADER_BYTES + samples * 2);
  const view = new DataView(bytes);
  const tag = (at: number, name: string): void => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, name.charCodeAt(i));
  };
  tag(0, 'RIFF');
  view.setUint32(4, bytes.byteLength - 8, true);
  tag(8, 'WAVE');
  tag(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, 'data');
  view.setUint32(40, samples * 2, true);
  let at = WAV_HEADER_BYTES;
  for (const chunk of chunks) {
    for (const sample of chunk) {
      view.setInt16(at, Math.round(Math.min(Math.max(sample, -1), 1) * 0x7fff), true);
      at += 2;
    }
  }
  return bytes;
}
