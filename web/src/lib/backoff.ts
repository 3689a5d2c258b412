// How long to wait before the next attempt. All times are milliseconds.

export interface BackoffLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const SEND_BACKOFF: BackoffLimits = { firstMs: 1_000, longestMs: 60_000 };
export const LEASE_BACKOFF: BackoffLimits = { firstMs: 1_000, longestMs: 15_000 };
export const EMPTY_BACKOFF: BackoffLimits = { firstMs: 3_000, longestMs: 60_000 };

/** A server that asks for more patience than this is asked again after this. */
export const RETRY_AFTER_LONGEST_MS = 600_000;

/** The wait after the n-th failure in a row (from 1): doubling, with the upper half of each wait random. */
export function backoffMs(failures: number, limits: BackoffLimits, random: () => number): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 30);
  const whole = Math.min(limits.firstMs * 2 ** doublings, limits.longestMs);
  return Math.round(whole / 2 + (whole / 2) * random());
}

/** Retry-After as seconds or as an HTTP date; null when it is absent or says nothing. Never more than the longest. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), RETRY_AFTER_LONGEST_MS) : null;
}
