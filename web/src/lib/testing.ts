// Helpers of the unit tests.
import type { Take } from './take';

let count = 0;

/** A take whose parts do not matter to the test, but for those named. */
export function someTake(parts: Partial<Take>): Take {
  count += 1;
  return {
    id: `take-${count}`,
    promptId: 'P',
    text: 'Habari ya asubuhi.',
    locale: 'sw',
    direction: 'ltr',
    leaseId: `lease-${count}`,
    speakerId: 'speaker',
    consentVersion: '1',
    contentType: 'audio/webm;codecs=opus',
    sizeBytes: 5,
    durationMs: 2_000,
    peaks: [0.5],
    recordedAtMs: count,
    tab: 'tab',
    state: 'recorded',
    slot: null,
    attempts: 0,
    dueAtMs: 0,
    refusal: null,
    ...parts,
  };
}

/** Lets everything that is ready happen. */
export const settle = async (turns = 30): Promise<void> => {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
};
