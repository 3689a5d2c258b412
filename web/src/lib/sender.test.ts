import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { PutAnswer } from './api';
import { Sender, dueTakes, napMs, type SenderNews } from './sender';
import { TakeStore } from './store';
import type { Take } from './take';
import { settle, someTake } from './testing';

const ARRIVED: PutAnswer = { kind: 'arrived' };
const AWAY: PutAnswer = { kind: 'away', retryAfterMs: null };

interface Bench {
  readonly store: TakeStore;
  readonly sender: Sender;
  readonly sent: Take[];
  readonly news: SenderNews[];
  readonly answers: PutAnswer[];
  clockMs: number;
  claimable: boolean;
}

let number = 0;

/** A sender whose answers are `answers`, then ARRIVED, whose clock stands unless moved, with `count` queued takes. */
async function bench(context: TestContext, count: number, answers: PutAnswer[] = []): Promise<Bench> {
  const store = await TakeStore.open(`sender-${number++}`);
  const sent: Take[] = [];
  const news: SenderNews[] = [];
  const self: Bench = {
    ...{ store, sent, news, answers, clockMs: 1_000_000, claimable: true },
    sender: new Sender({
      store,
      api: {
        putTake: (take) => {
          sent.push(take);
          return Promise.resolve(answers.shift() ?? ARRIVED);
        },
      },
      now: () => self.clockMs,
      random: () => 1,
      claim: async (_name, work) => {
        if (self.claimable) await work();
        return self.claimable;
      },
      onChange: (item) => news.push(item),
    }),
  };
  context.after(() => {
    self.sender.stop();
    store.close();
  });
  for (let i = 0; i < count; i++) {
    const take = someTake({});
    await store.add(take, new ArrayBuffer(5));
    await store.enqueue(take.id, 'S', self.clockMs);
  }
  return self;
}

async function wake(self: Bench): Promise<void> {
  self.sender.wake();
  await self.sender.idle();
  await settle();
}

test('takes go out one after the other, oldest first, and leave the device', async (context) => {
  const self = await bench(context, 3);
  await wake(self);
  assert.deepEqual(
    self.sent.map((take) => take.slot?.number),
    [1, 2, 3],
  );
  const kept = await self.store.kept();
  assert.deepEqual([kept.takes.length, kept.arrivedCount], [0, 3]);
});

test('a studio that is away is not asked for the second take; all stay', async (context) => {
  const self = await bench(context, 3, [AWAY]);
  await wake(self);
  assert.equal(self.sent.length, 1);
  assert.equal((await self.store.kept()).takes.length, 3);
  assert.equal(self.news.at(-1)?.kind, 'away');
});

test('every attempt of a take has the same id, session and number', async (context) => {
  const self = await bench(context, 1, [AWAY, AWAY]);
  await wake(self);
  await wake(self);
  await wake(self);
  assert.equal(self.sent.length, 3);
  assert.equal(new Set(self.sent.map(({ id, slot }) => `${id} ${slot?.session} ${slot?.number}`)).size, 1);
});

test('a Retry-After holds back even a wake, and a new sender on the same device', async (context) => {
  const self = await bench(context, 2, [{ kind: 'away', retryAfterMs: 30_000 }]);
  await wake(self);
  self.clockMs += 29_000;
  await wake(self);
  assert.equal(self.sent.length, 1);
  self.clockMs += 1_001;
  await wake(self);
  assert.equal((await self.store.kept()).arrivedCount, 2);
});

test('a clock that was set back by years does not silence the page', async (context) => {
  const self = await bench(context, 1);
  await self.store.setQuietUntilMs(self.clockMs + 365 * 86_400_000);
  await wake(self);
  assert.equal(self.sent.length, 1);
});

test('a refused take stays, the next one goes on', async (context) => {
  const self = await bench(context, 2, [{ kind: 'refused', refusal: { status: 415, detail: 'no' } }]);
  await wake(self);
  const { takes, arrivedCount } = await self.store.kept();
  assert.equal(arrivedCount, 1);
  assert.deepEqual(
    takes.map(({ state, slot, refusal }) => ({ state, slot, status: refusal?.status })),
    [{ state: 'refused', slot: null, status: 415 }],
  );
});

test('what another tab is sending is left to it, unless that tab is frozen', async (context) => {
  const self = await bench(context, 1);
  self.claimable = false;
  self.clockMs += 5_000;
  await wake(self);
  assert.equal(self.sent.length, 0);
  self.clockMs += 6_000;
  await wake(self);
  assert.equal(self.sent.length, 1);
});

test('what waits is due at its time, or at once in a hurry', () => {
  const [now, later] = [someTake({ dueAtMs: 10 }), someTake({ dueAtMs: 11 })];
  assert.deepEqual(dueTakes([now, later], 10, false), [now]);
  assert.deepEqual(dueTakes([now, later], 10, true), [now, later]);
});

test('the nap ends with the earliest take, not before quiet ends, and never lasts longer than a minute', () => {
  const takes = [someTake({ dueAtMs: 9_000 }), someTake({ dueAtMs: 5_000 })];
  assert.equal(napMs(takes, 0, 1_000), 4_000);
  assert.equal(napMs(takes, 20_000, 1_000), 20_000);
  assert.equal(napMs([someTake({ dueAtMs: 10 ** 12 })], 0, 0), 60_000);
  assert.equal(napMs([someTake({ dueAtMs: 0 })], 0, 5_000), 250);
});
