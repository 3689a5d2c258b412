import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { NextAnswer, NextQuery, Prompt } from './api';
import { Leases, type Held } from './leases';
import { settle, standingTimers } from './testing';

const START = 1_000_000;

const lease = (name: string, expiresAtMs = START + 600_000): Prompt => ({
  promptId: `prompt ${name}`,
  text: name,
  locale: 'sw',
  direction: 'ltr',
  leaseId: name,
  expiresAtMs,
});
const gives = (name: string, expiresAtMs?: number): NextAnswer => ({
  kind: 'prompt',
  prompt: lease(name, expiresAtMs),
});
const AWAY: NextAnswer = { kind: 'away', retryAfterMs: null };
const NONE: NextAnswer = { kind: 'none', retryAfterMs: null };

/** Leases over a studio that answers from a list, then never. */
function bench(context: TestContext, answers: NextAnswer[], kept: Held | null = null) {
  const asked: NextQuery[] = [];
  const skipped: string[] = [];
  const saved: Held[] = [];
  const self = { clockMs: START, taken: '', readAgain: '', skips: true, answers, asked, skipped, saved };
  let ids = 0;
  const leases = new Leases({
    api: {
      nextPrompt: (query) => {
        asked.push(query);
        const answer = answers.shift();
        return answer ? Promise.resolve(answer) : new Promise(() => undefined);
      },
      skip: ({ leaseId, promptId }, speaker) => {
        assert.deepEqual([promptId, speaker], [`prompt ${leaseId}`, 'speaker']);
        skipped.push(leaseId);
        return Promise.resolve(self.skips);
      },
    },
    ...{ locale: 'sw', speakerId: 'speaker' },
    now: () => self.clockMs,
    random: () => 1,
    newId: () => `request ${(ids += 1)}`,
    load: () => kept,
    save: (held) => saved.push(held),
    isTaken: (id) => id === self.taken,
    mayReadAgain: (id) => id === self.readAgain,
    onChange: () => undefined,
  });
  const timers = standingTimers(context);
  context.after(() => {
    leases.stop();
  });
  const pass = async (ms: number): Promise<void> => {
    self.clockMs += ms;
    timers.tick(ms);
    await settle();
  };
  return { ...self, self, leases, pass };
}

test('two sentences are fetched, no third; the second is there the moment the first is done with', async (context) => {
  const { leases, asked } = bench(context, [gives('a'), gives('b')]);
  leases.wake();
  await settle();
  assert.equal(asked.length, 2);
  assert.notEqual(asked[0]?.requestId, asked[1]?.requestId);
  leases.advance();
  assert.equal(leases.current?.leaseId, 'b');
  assert.equal(asked.length, 3, 'and the next is asked for at once');
});

test('a question without an answer is asked again under the same UUID', async (context) => {
  const { leases, asked, pass } = bench(context, [AWAY, AWAY, gives('a')]);
  leases.wake();
  await settle();
  assert.deepEqual(leases.supply, { kind: 'away' });
  await pass(1_000);
  await pass(2_000);
  assert.equal(leases.current?.leaseId, 'a');
  assert.equal(new Set(asked.slice(0, 3).map(({ requestId }) => requestId)).size, 1);
});

test('no sentence open: asked again after a while, under a new UUID', async (context) => {
  const { leases, asked, pass } = bench(context, [NONE, gives('a')]);
  leases.wake();
  await settle();
  assert.deepEqual(leases.supply, { kind: 'none' });
  await pass(2_999);
  assert.equal(asked.length, 1);
  await pass(1);
  assert.equal(leases.supply.kind, 'ready');
  assert.notEqual(asked[0]?.requestId, asked[1]?.requestId);
});

test('a Retry-After is kept to, though the page be looked at again', async (context) => {
  const { leases, asked, pass } = bench(context, [{ kind: 'away', retryAfterMs: 30_000 }, gives('a')]);
  leases.wake();
  await settle();
  await pass(29_000);
  leases.wake();
  assert.equal(asked.length, 1);
  await pass(1_000);
  assert.equal(asked.length, 3);
});

test('a lease that runs out unread is replaced silently, the fresher one first', async (context) => {
  const { leases, pass } = bench(context, [
    gives('a', START + 60_000),
    gives('b', START + 90_000),
    gives('c'),
  ]);
  leases.wake();
  await settle();
  await pass(60_000);
  assert.equal(leases.current?.leaseId, 'b');
});

test('while the person reads, nothing is replaced', async (context) => {
  const { leases, pass } = bench(context, [gives('a', START + 60_000), gives('b'), gives('c')]);
  leases.wake();
  await settle();
  leases.setBusy(true);
  await pass(60_000);
  assert.equal(leases.current?.leaseId, 'a');
  leases.setBusy(false);
  await settle();
  assert.equal(leases.current.leaseId, 'b');
});

test('when all has run out and the studio is away, the old sentence stays', async (context) => {
  const { leases, pass } = bench(context, [gives('a', START + 60_000), gives('b', START + 60_000), AWAY]);
  leases.wake();
  await settle();
  await pass(60_000);
  assert.equal(leases.current?.leaseId, 'a');
  assert.equal(leases.supply.kind, 'ready');
});

test('a lease that has run out on arrival is not asked for in a circle', async (context) => {
  const { leases, asked } = bench(context, [gives('a', 0), gives('b', 0)]);
  leases.wake();
  await settle();
  assert.equal(asked.length, 2);
  assert.equal(leases.current?.leaseId, 'a');
});

test('a sentence whose take is on its way is not shown again; another is asked for later', async (context) => {
  const { leases, asked, pass, self } = bench(context, [
    gives('a'),
    gives('b'),
    gives('a'),
    gives('a'),
    gives('c'),
  ]);
  leases.wake();
  await settle();
  self.taken = 'a';
  leases.advance();
  await settle();
  assert.equal(asked.length, 3);
  await pass(1_000);
  assert.equal(asked.length, 4);
  self.taken = '';
  await pass(2_000);
  leases.advance();
  assert.equal(leases.current?.leaseId, 'c');
});

test('a sentence whose take was refused may be read once more', async (context) => {
  const { leases, self } = bench(context, [gives('a'), gives('b'), gives('a')]);
  leases.wake();
  await settle();
  self.readAgain = 'a';
  leases.advance();
  await settle();
  leases.advance();
  assert.equal(leases.current?.leaseId, 'a');
});

test('a skip is told to the studio, again if it was not heard', async (context) => {
  const { leases, skipped, pass, self } = bench(context, [gives('a'), gives('b')]);
  leases.wake();
  await settle();
  self.skips = false;
  leases.skip();
  assert.equal(leases.current?.leaseId, 'b');
  await settle();
  self.skips = true;
  await pass(1_000);
  await pass(10_000);
  assert.deepEqual(skipped, ['a', 'a']);
});

test('a sentence whose skip is not heard yet is not shown, whatever lease it comes under', async (context) => {
  const again = { kind: 'prompt', prompt: { ...lease('a2'), promptId: 'prompt a' } } as const;
  const { leases, asked, pass, self } = bench(context, [gives('a'), gives('b'), again, again, gives('c')]);
  leases.wake();
  await settle();
  self.skips = false;
  leases.skip();
  await settle();
  assert.equal(asked.length, 3);
  await pass(1_000);
  assert.equal(asked.length, 4);
  self.skips = true;
  await pass(15_000);
  leases.advance();
  assert.equal(leases.current?.leaseId, 'c');
});

test('a sentence that is held comes under a new lease: that takes the place of the lost one', async (context) => {
  const again = { kind: 'prompt', prompt: { ...lease('a2'), promptId: 'prompt a' } } as const;
  const { leases, asked } = bench(context, [gives('a'), again, gives('b')]);
  leases.wake();
  await settle();
  assert.equal(asked.length, 3);
  assert.equal(leases.current?.leaseId, 'a2');
  leases.advance();
  assert.equal(leases.current.leaseId, 'b');
});

test('a skip outlives many refusals and a reload', async (context) => {
  const { leases, skipped, saved, pass, self } = bench(context, [gives('a'), gives('b')]);
  leases.wake();
  await settle();
  self.skips = false;
  leases.skip();
  for (let minutes = 0; minutes < 10; minutes += 1) await pass(60_000);
  assert.ok(skipped.length >= 10);
  leases.stop();
  const kept = saved.at(-1) ?? null;
  assert.deepEqual(
    kept?.skips?.map(({ leaseId }) => leaseId),
    ['a'],
  );
  const reloaded = bench(context, [], kept);
  await settle();
  assert.deepEqual(reloaded.skipped, ['a']);
  assert.deepEqual(reloaded.saved.at(-1)?.skips, []);
});

test('a reload goes on with what the tab held, without what has run out or was read', (context) => {
  const { leases } = bench(context, [], { current: lease('a', START - 1), next: lease('b') });
  assert.equal(leases.current?.leaseId, 'b');
  const { leases: reading, saved } = bench(context, [], { current: lease('a'), next: lease('b') });
  reading.setSpent(true);
  assert.deepEqual([saved.at(-1)?.current, saved.at(-1)?.next?.leaseId], [null, 'b']);
});
