import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advice, condense, loudness, rms, wavFile, wavSecondsMax } from './sound';
import { AUDIO_BYTES_MAX } from './take';

test('loudness goes from silence to full scale', () => {
  assert.equal(loudness(0), 0);
  assert.equal(loudness(1), 1);
  assert.equal(loudness(10 ** (-54 / 20)), 0);
  assert.ok(Math.abs(loudness(10 ** (-27 / 20)) - 0.5) < 1e-9);
  assert.equal(rms([]), 0);
  assert.ok(Math.abs(rms([1, -1, 1, -1]) - 1) < 1e-9);
});

test('a long take is drawn by its loudest moments, none is left out', () => {
  const levels = Array.from({ length: 1_200 }, (_, i) => (i === 777 ? 1 : 0));
  const peaks = condense(levels, 160);
  assert.equal(peaks.length, 160);
  assert.equal(peaks.filter((peak) => peak === 1).length, 1);
  assert.deepEqual(condense([0.1, 0.2], 160), [0.1, 0.2]);
});

test('advice for the very short and the hardly heard only', () => {
  assert.equal(advice(300, [1]), 'short');
  assert.equal(advice(3_000, [0.1, 0.05]), 'quiet');
  assert.equal(advice(3_000, [0.1, 0.6]), null);
  assert.equal(advice(3_000, []), null, 'nothing was measured');
});

test('a WAV file says what it holds, and samples beyond full scale do not wrap', () => {
  const view = new DataView(wavFile([new Float32Array([0, 1]), new Float32Array([-1, 2])], 48_000));
  const text = (at: number): string => String.fromCharCode(...new Uint8Array(view.buffer, at, 4));
  assert.deepEqual([text(0), text(8), text(12), text(36)], ['RIFF', 'WAVE', 'fmt ', 'data']);
  assert.deepEqual(
    [view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)],
    [44, 48_000, 8],
  );
  assert.deepEqual(
    [44, 46, 48, 50].map((at) => view.getInt16(at, true)),
    [0, 32_767, -32_767, 32_767],
  );
});

test('the longest WAV take fits what the studio accepts, a second more does not', () => {
  const seconds = wavSecondsMax(48_000);
  assert.ok(seconds * 96_000 + 44 <= AUDIO_BYTES_MAX);
  assert.ok((seconds + 1) * 96_000 + 44 > AUDIO_BYTES_MAX);
});
