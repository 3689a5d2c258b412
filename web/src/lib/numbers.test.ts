import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSession, giveBack, newSession, takeNumber, type SessionNumbers } from './numbers';

function take(numbers: SessionNumbers, count: number): [number[], SessionNumbers] {
  const given: number[] = [];
  for (let i = 0; i < count; i++) {
    const [slot, after] = takeNumber(numbers);
    given.push(slot.number);
    numbers = after;
  }
  return [given, numbers];
}

test('a session counts from 1 without holes', () => {
  assert.deepEqual(take(newSession('a'), 4)[0], [1, 2, 3, 4]);
});

test('a refused take gives its number to the next, and counting goes on behind it', () => {
  const [, three] = take(newSession('a'), 3);
  assert.deepEqual(take(giveBack(three, 2), 3)[0], [2, 4, 5]);
});

test('a refused highest number leaves no hole, nor do those below it that came back before', () => {
  const [, four] = take(newSession('a'), 4);
  const after = giveBack(giveBack(giveBack(four, 2), 3), 4);
  assert.deepEqual(after, { session: 'a', next: 2, freed: [] });
});

test('a number given back twice is given out once', () => {
  const [, three] = take(newSession('a'), 3);
  assert.deepEqual(take(giveBack(giveBack(three, 1), 1), 2)[0], [1, 4]);
});

test('the hole of a closed tab is filled by the next take of the device, its own hole first', () => {
  const hole: SessionNumbers = { session: 'old', next: 4, freed: [2] };
  const own = newSession('own');
  assert.equal(chooseSession(own, [newSession('x'), hole]).session, 'old');
  assert.equal(chooseSession({ ...own, next: 3, freed: [1] }, [hole]).session, 'own');
  assert.equal(chooseSession(own, [newSession('x')]).session, 'own');
});
