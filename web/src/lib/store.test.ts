import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ARRIVALS_MAX, TakeStore } from './store';
import { someTake } from './testing';

let number = 0;
const fresh = (): Promise<TakeStore> => TakeStore.open(`test-${number++}`);
const AUDIO = new ArrayBuffer(5);
const states = async (store: TakeStore): Promise<string[]> =>
  (await store.kept()).takes.map((take) => take.state);

test('a take and its audio are kept, oldest first, and a reading can stand in place of another', async () => {
  const store = await fresh();
  const [first, second, better] = [someTake({}), someTake({}), someTake({})];
  await store.add(second, AUDIO);
  await store.add(first, AUDIO);
  await store.add(better, AUDIO, first.id);
  assert.deepEqual(
    (await store.kept()).takes.map((take) => take.id),
    [second.id, better.id],
  );
  assert.equal(await store.audio(first.id), undefined);
  assert.equal((await store.audio(better.id))?.byteLength, 5);
});

test('numbers are dense in a session, and pressing Send twice gives one', async () => {
  const store = await fresh();
  const takes = [someTake({}), someTake({}), someTake({})];
  for (const take of takes) await store.add(take, AUDIO);
  await Promise.all(takes.map((take) => store.enqueue(take.id, 'S', 0)));
  await store.enqueue(takes[0]?.id ?? '', 'S', 0);
  const slots = (await store.kept()).takes.map((take) => take.slot?.number);
  assert.deepEqual([...slots].sort(), [1, 2, 3]);
});

test('a refused take keeps its audio, loses its number to the next, and may be sent once more', async () => {
  const store = await fresh();
  const [bad, good, later] = [someTake({}), someTake({}), someTake({})];
  for (const take of [bad, good, later]) await store.add(take, AUDIO);
  await store.enqueue(bad.id, 'S', 0);
  await store.enqueue(good.id, 'S', 0);
  await store.refused(bad.id, { status: 415, detail: 'not audio' });
  await store.enqueue(later.id, 'S', 0);
  await store.enqueue(bad.id, 'S', 0);
  const slots = new Map((await store.kept()).takes.map((take) => [take.id, take.slot?.number]));
  assert.deepEqual(
    [bad, good, later].map((take) => slots.get(take.id)),
    [3, 2, 1],
  );
  assert.ok(await store.audio(bad.id));
});

test('a hole that a closed tab left is filled by the next tab, under the old session', async () => {
  const store = await fresh();
  const takes = [someTake({}), someTake({}), someTake({})];
  for (const take of takes) await store.add(take, AUDIO);
  const [first, second, third] = takes.map((take) => take.id) as [string, string, string];
  await store.enqueue(first, 'old', 0);
  await store.enqueue(second, 'old', 0);
  await store.refused(first, { status: 404, detail: '' });
  await store.enqueue(third, 'new', 0);
  assert.deepEqual((await store.take(third))?.slot, { session: 'old', number: 1 });
});

test('an arrived take leaves with its audio and counts once, whoever says so', async () => {
  const store = await fresh();
  const take = someTake({});
  await store.add(take, AUDIO);
  await store.enqueue(take.id, 'S', 0);
  await Promise.all([store.arrived(take.id, 1), store.arrived(take.id, 2)]);
  const kept = await store.kept();
  assert.deepEqual([kept.takes.length, kept.arrivedCount, kept.arrivals.length], [0, 1, 1]);
  assert.equal(await store.audio(take.id), undefined);
});

test('only the latest arrivals are remembered, all are counted', async () => {
  const store = await fresh();
  for (let i = 0; i < ARRIVALS_MAX + 3; i++) {
    const take = someTake({});
    await store.add(take, AUDIO);
    await store.arrived(take.id, i);
  }
  const kept = await store.kept();
  assert.deepEqual([kept.arrivedCount, kept.arrivals.length], [ARRIVALS_MAX + 3, ARRIVALS_MAX]);
  assert.equal(kept.arrivals[0]?.arrivedAtMs, ARRIVALS_MAX + 2);
});

test('a queued take cannot be deleted, others can', async () => {
  const store = await fresh();
  const [sent, unsent] = [someTake({}), someTake({})];
  await store.add(sent, AUDIO);
  await store.add(unsent, AUDIO);
  await store.enqueue(sent.id, 'S', 0);
  await store.remove(sent.id);
  await store.remove(unsent.id);
  assert.deepEqual(await states(store), ['queued']);
  assert.ok(await store.audio(sent.id));
});

test('of a take that finds no room nothing is kept, and the cause is told', async () => {
  const store = await fresh();
  const add = Reflect.get(IDBObjectStore.prototype, 'add') as (...args: unknown[]) => IDBRequest;
  IDBObjectStore.prototype.add = function (this: IDBObjectStore, ...args: unknown[]) {
    if (this.name === 'audio') throw new DOMException('', 'QuotaExceededError');
    return add.apply(this, args) as IDBRequest<IDBValidKey>;
  };
  try {
    await assert.rejects(store.add(someTake({}), AUDIO), { name: 'QuotaExceededError' });
  } finally {
    IDBObjectStore.prototype.add = add as IDBObjectStore['add'];
  }
  assert.deepEqual(await states(store), []);
});

test('consent and the wish for quiet outlive the page', async () => {
  const store = await TakeStore.open('again');
  await store.setConsent({ version: '1', speakerId: 's', givenAtMs: 1 });
  await store.setQuietUntilMs(5);
  store.close();
  const next = await TakeStore.open('again');
  assert.equal((await next.consent())?.speakerId, 's');
  assert.equal(await next.quietUntilMs(), 5);
});
