import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { test } from 'node:test';
import { uuid4, uuid7 } from './uuid';

/** Node 18 has no global crypto. */
const any = (bytes: Uint8Array): void => {
  randomFillSync(bytes);
};
const ones = (bytes: Uint8Array): void => {
  bytes.fill(0xff);
};

test('the example of RFC 9562 for version 7 comes out of its own time stamp', () => {
  assert.match(uuid7(0x017f22e279b0, any), /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('version and variant replace the random bits that stand in their place', () => {
  assert.equal(uuid7(0, ones), '00000000-0000-7fff-bfff-ffffffffffff');
  assert.equal(uuid4(ones), 'ffffffff-ffff-4fff-bfff-ffffffffffff');
});

test('identifiers of later milliseconds sort behind earlier ones, across the 32 bit limit too', () => {
  const times = [0, 1, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, 1_795_000_000_000];
  const ids = times.map((time) => uuid7(time, any));
  assert.deepEqual([...ids].sort(), ids);
});

test('two identifiers of one millisecond differ', () => {
  assert.notEqual(uuid7(5, any), uuid7(5, any));
  assert.notEqual(uuid4(any), uuid4(any));
});
