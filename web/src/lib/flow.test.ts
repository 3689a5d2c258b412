import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IDLE, after, microphoneProblem, type Phase, type Step } from './flow';

const OPENING: Phase = { at: 'opening' };
const RECORDING: Phase = { at: 'recording', sinceMs: 1 };
const SAVING: Phase = { at: 'saving' };
const REVIEW: Phase = { at: 'review', takeId: 't', from: 'now', problem: null };
const UNSAVED: Phase = { at: 'unsaved', problem: 'full' };
const PHASES = { IDLE, OPENING, RECORDING, SAVING, REVIEW, UNSAVED };

const STEPS: [Step, Partial<Record<keyof typeof PHASES, Phase>>][] = [
  [{ do: 'record' }, { IDLE: OPENING, REVIEW: OPENING }],
  [{ do: 'opened', nowMs: 1 }, { OPENING: RECORDING }],
  [{ do: 'stop' }, { RECORDING: SAVING }],
  [{ do: 'kept', takeId: 't', from: 'now' }, { SAVING: REVIEW }],
  [{ do: 'keepAgain' }, { UNSAVED: SAVING }],
  [{ do: 'done' }, { REVIEW: IDLE, UNSAVED: IDLE }],
  [{ do: 'review', takeId: 't', from: 'now', problem: null }, { IDLE: REVIEW }],
];

for (const [step, moves] of STEPS) {
  for (const [name, phase] of Object.entries(PHASES)) {
    const to = moves[name as keyof typeof PHASES];
    test(`${step.do} in ${phase.at} leads to ${to?.at ?? 'nothing'}`, () => {
      assert.deepEqual(after(phase, step), to ?? phase);
    });
  }
}

test('no room leaves the recording in hand; any other trouble ends in idle with its reason', () => {
  assert.deepEqual(after(SAVING, { do: 'fail', problem: 'full' }), UNSAVED);
  assert.deepEqual(after(SAVING, { do: 'fail', problem: 'nothing' }), { at: 'idle', problem: 'nothing' });
  assert.deepEqual(after(OPENING, { do: 'fail', problem: 'denied' }), { at: 'idle', problem: 'denied' });
});

for (const [name, problem] of [
  ['NotAllowedError', 'denied'],
  ['NotFoundError', 'missing'],
  ['NotReadableError', 'busy'],
  ['SecurityError', 'insecure'],
  ['TypeError', 'unsupported'],
] as const) {
  test(`the browser's ${name} is called ${problem}`, () => {
    assert.equal(microphoneProblem(name), problem);
  });
}
