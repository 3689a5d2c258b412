// Helpers of the unit tests.
import type { TestContext } from 'node:test';
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

/** Timers that run when `tick` says so. node:test has such, but of another shape in each of its versions. */
export function standingTimers(context: TestContext): { tick: (ms: number) => void } {
  const { setTimeout: realSet, clearTimeout: realClear } = globalThis;
  const waiting = new Map<number, { readonly at: number; readonly run: () => void }>();
  let now = 0;
  let ids = 0;
  const set = (run: () => void, ms = 0): number => {
    waiting.set((ids += 1), { at: now + ms, run });
    return ids;
  };
  const clear = (id: number): void => {
    waiting.delete(id);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  context.after(() => Object.assign(globalThis, { setTimeout: realSet, clearTimeout: realClear }));
  return {
    tick: (ms) => {
      now += ms;
      for (const [id, { at, run }] of [...waiting]) {
        if (at > now) continue;
        waiting.delete(id);
        run();
      }
    },
  };
}
