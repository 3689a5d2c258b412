// A take: one reading of one sentence, from Stop until the studio has it.
//
//   recorded --Send--> queued --201/200--> (gone; an Arrival is noted)
//       |                 |---400/404/409/413/415--> refused --Try again--> queued
//       +--Delete--> (gone)                             +--Delete--> (gone)
//
// A queued take cannot be deleted: the studio may have it already without our knowing.

export type TakeState = 'recorded' | 'queued' | 'refused';
export type Direction = 'ltr' | 'rtl';

/** Why the studio will not have a take: the status and its own words. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
}

export interface Take {
  readonly id: string;
  readonly promptId: string;
  readonly text: string;
  readonly locale: string;
  readonly direction: Direction;
  readonly leaseId: string;
  readonly speakerId: string;
  readonly consentVersion: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Loudness over time, 0 to 1, at most PEAKS_MAX values: the picture of the take. */
  readonly peaks: readonly number[];
  readonly recordedAtMs: number;
  /** The session of the tab that recorded it; while that tab lives, no other offers it. */
  readonly tab: string;
  readonly state: TakeState;
  /** X-Session-Id and X-Take; null until Send. The same on every attempt. */
  readonly slot: Slot | null;
  readonly attempts: number;
  /** Not sent again before this. */
  readonly dueAtMs: number;
  readonly refusal: Refusal | null;
}

export interface Slot {
  readonly session: string;
  readonly number: number;
}

/** What is remembered of a take that has arrived. */
export interface Arrival {
  readonly id: string;
  readonly text: string;
  readonly locale: string;
  readonly direction: Direction;
  readonly arrivedAtMs: number;
}

export const PEAKS_MAX = 160;
/** More are not kept on one device: the page asks to send them first. */
export const TAKES_ON_DEVICE_MAX = 300;
/** The studio's own limit on a recording. */
export const AUDIO_BYTES_MAX = 4 * 1024 * 1024;

export const mayDelete = (take: Take): boolean => take.state !== 'queued';

export function queued(take: Take, slot: Slot, nowMs: number): Take {
  return { ...take, state: 'queued', slot, attempts: 0, dueAtMs: nowMs, refusal: null };
}

export function refused(take: Take, refusal: Refusal): Take {
  return { ...take, state: 'refused', slot: null, refusal };
}
