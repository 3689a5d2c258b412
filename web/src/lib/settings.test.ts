import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressWith, languageName, readLocale, readSettings } from './settings';

test('an address without settings means: ask for the language, Opus, a minute at most', () => {
  assert.deepEqual(readSettings(''), { locale: null, ui: null, format: 'opus', longestMs: 60_000 });
});

test('an address can ask for WAV and for shorter takes, not for longer ones', () => {
  assert.deepEqual(readSettings('?locale=sw&ui=en&format=wav&max=20'), {
    locale: 'sw',
    ui: 'en',
    format: 'wav',
    longestMs: 20_000,
  });
  for (const max of ['0', '-5', '61', 'x', '1e9'])
    assert.equal(readSettings(`?max=${max}`).longestMs, 60_000, max);
});

for (const [text, locale] of [
  ['sw', 'sw'],
  [' AM-et ', 'am-ET'],
  ['', null],
  ['not a tag', null],
  ['"><script>', null],
] as const) {
  test(`the language tag "${text}"`, () => {
    assert.equal(readLocale(text), locale);
  });
}

test('changing one setting keeps the others', () => {
  assert.equal(addressWith('?locale=sw&format=wav', { locale: 'am' }), '?locale=am&format=wav');
  assert.equal(addressWith('?locale=sw&ui=en', { locale: null }), '?ui=en');
});

test('a language is called as its speakers call it, an unknown one by its tag', () => {
  assert.equal(languageName('sw'), 'Kiswahili');
  assert.equal(languageName('am'), 'አማርኛ');
  assert.equal(languageName('qzz'), 'qzz');
});
