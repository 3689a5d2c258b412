// What the person is doing, as a state machine without side effects.
//
//   idle -Record-> opening -> recording -Stop-> saving -> review -Send-> idle (next sentence)
//                     |                           |          |-Record again-> opening (the old reading stays until
//                     +--microphone says no--> idle          |                        the new one is kept)
//                                                 |          +-Delete-> idle (same sentence)
//                                                 +--no room--> unsaved -Try again-> saving

/** What stands in the way, each with a plain sentence in every language. */
export type Problem =
  'insecure' | 'denied' | 'missing' | 'busy' | 'unsupported' | 'nothing' | 'tooMany' | 'full' | 'storage';

/** Whether a take in review is of the sentence whose lease the page holds, or was left by an earlier visit. */
export type Origin = 'now' | 'earlier';

export type Phase =
  | { readonly at: 'idle'; readonly problem: Problem | null }
  | { readonly at: 'opening' }
  | { readonly at: 'recording'; readonly sinceMs: number }
  | { readonly at: 'saving' }
  | { readonly at: 'unsaved'; readonly problem: Problem }
  | {
      readonly at: 'review';
      readonly takeId: string;
      readonly from: Origin;
      readonly problem: Problem | null;
    };

export type Step =
  | { readonly do: 'record' }
  | { readonly do: 'opened'; readonly nowMs: number }
  | { readonly do: 'stop' }
  | { readonly do: 'kept'; readonly takeId: string; readonly from: Origin }
  | { readonly do: 'fail'; readonly problem: Problem }
  | { readonly do: 'keepAgain' }
  | {
      readonly do: 'review';
      readonly takeId: string;
      readonly from: Origin;
      readonly problem: Problem | null;
    }
  | { readonly do: 'done' };

export const IDLE: Phase = { at: 'idle', problem: null };

/** The phase after a step; the same phase when the step does not belong there (a double click, a late event). */
export function after(phase: Phase, step: Step): Phase {
  switch (step.do) {
    case 'record':
      return phase.at === 'idle' || phase.at === 'review' ? { at: 'opening' } : phase;
    case 'opened':
      return phase.at === 'opening' ? { at: 'recording', sinceMs: step.nowMs } : phase;
    case 'stop':
      return phase.at === 'recording' ? { at: 'saving' } : phase;
    case 'kept':
      return phase.at === 'saving'
        ? { at: 'review', takeId: step.takeId, from: step.from, problem: null }
        : phase;
    case 'fail':
      return failed(phase, step.problem);
    case 'keepAgain':
      return phase.at === 'unsaved' ? { at: 'saving' } : phase;
    case 'review':
      return phase.at === 'idle'
        ? { at: 'review', takeId: step.takeId, from: step.from, problem: step.problem }
        : phase;
    case 'done':
      return phase.at === 'review' || phase.at === 'unsaved' ? IDLE : phase;
  }
}

function failed(phase: Phase, problem: Problem): Phase {
  if (phase.at === 'saving' && (problem === 'full' || problem === 'storage'))
    return { at: 'unsaved', problem };
  return { at: 'idle', problem };
}

/** The person is with this sentence: it must not be exchanged under their eyes. */
export const isBusy = (phase: Phase): boolean => phase.at !== 'idle';

/** A browser's error from getUserMedia or MediaRecorder as one of ours. */
export function microphoneProblem(name: string): Problem {
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      return 'denied';
    case 'SecurityError':
      return 'insecure';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'unsupported';
  }
}
