// The numbers of sent takes: dense from 1 in each session, so that a hole means a missing recording.
// A refused take gives its number back; the next take gets the lowest number that came back.
import type { Slot } from './take';

export interface SessionNumbers {
  readonly session: string;
  /** The number after the highest one in use. */
  readonly next: number;
  /** Holes below `next`, rising. */
  readonly freed: readonly number[];
}

export const newSession = (session: string): SessionNumbers => ({ session, next: 1, freed: [] });

export function takeNumber(numbers: SessionNumbers): [Slot, SessionNumbers] {
  const { session, next, freed } = numbers;
  const [hole, ...rest] = freed;
  if (hole !== undefined)
    return [
      { session, number: hole },
      { session, next, freed: rest },
    ];
  return [
    { session, number: next },
    { session, next: next + 1, freed },
  ];
}

/** Gives a number back. One that was the highest leaves no hole. */
export function giveBack(numbers: SessionNumbers, number: number): SessionNumbers {
  const freed = [...new Set([...numbers.freed, number])].sort((a, b) => a - b);
  let next = numbers.next;
  while (freed.length > 0 && freed[freed.length - 1] === next - 1) {
    freed.pop();
    next -= 1;
  }
  return { session: numbers.session, next, freed };
}

/**
 * Whose number a new take gets: a hole of its own session first, then a hole that a closed tab left behind
 * (nobody else can fill it), else the next of its own.
 */
export function chooseSession(own: SessionNumbers, others: readonly SessionNumbers[]): SessionNumbers {
  if (own.freed.length > 0) return own;
  return others.find((other) => other.freed.length > 0) ?? own;
}
