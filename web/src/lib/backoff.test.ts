import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RETRY_AFTER_LONGEST_MS, SEND_BACKOFF, backoffMs, retryAfterMs } from './backoff';

test('the wait doubles from one second and stops at a minute, however many failures', () => {
  const waits = [1, 2, 3, 6, 7, 50, 5_000].map((failures) => backoffMs(failures, SEND_BACKOFF, () => 1));
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000]);
});

test('phones that failed together come back spread over half of the wait', () => {
  assert.equal(
    backoffMs(3, SEND_BACKOFF, () => 0),
    2_000,
  );
  assert.equal(
    backoffMs(3, SEND_BACKOFF, () => 0.5),
    3_000,
  );
});

const NOW = Date.parse('2026-01-01T00:00:00Z');
for (const [name, header, wait] of [
  ['absent', null, null],
  ['seconds', '7', 7_000],
  ['seconds with spaces', ' 0 ', 0],
  ['a date ahead', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['a date gone by', 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['a week', '604800', RETRY_AFTER_LONGEST_MS],
  ['nonsense', 'soon', null],
  ['empty', '', null],
] as const) {
  test(`Retry-After: ${name}`, () => {
    assert.equal(retryAfterMs(header, NOW), wait);
  });
}
