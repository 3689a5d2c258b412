import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_LANGUAGES, choosePageLanguage, directionOf, fill, wordsOf, type PageLanguage } from '.';
import { en, type Words } from './en';

const languages = Object.keys(PAGE_LANGUAGES) as PageLanguage[];
const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

for (const language of languages) {
  test(`${language}: every text is there, with the places of the English one`, () => {
    const words = wordsOf(language);
    for (const key of Object.keys(en) as (keyof Words)[]) {
      assert.ok(words[key].trim(), key);
      assert.deepEqual(places(words[key]), places(en[key]), key);
    }
  });

  test(`${language}: no button can be mistaken for another by a part of its name`, () => {
    const {
      agree,
      record,
      stop,
      send,
      skip,
      listen,
      pause,
      again,
      delete: remove,
      download,
      keep,
    } = wordsOf(language);
    const fixed = [agree, record, stop, send, skip];
    const all = [...fixed, listen, pause, again, remove, download, keep].map((name) => name.toLowerCase());
    for (const name of fixed.map((text) => text.toLowerCase())) {
      assert.deepEqual(
        all.filter((other) => other.includes(name)),
        [name],
      );
    }
  });
}

test('the page speaks as its address asks, else as the browser does, else English', () => {
  assert.equal(choosePageLanguage('am', ['sw']), 'am');
  assert.equal(choosePageLanguage(null, ['fr', 'sw-KE', 'en']), 'sw');
  assert.equal(choosePageLanguage('xx', ['AR-eg']), 'ar');
  assert.equal(choosePageLanguage('toString', []), 'en');
  assert.deepEqual(languages.map(directionOf), ['ltr', 'ltr', 'ltr', 'rtl']);
});

test('places are filled, unknown ones stay', () => {
  assert.equal(fill('{n} of {m}', { n: 3 }), '3 of {m}');
});
