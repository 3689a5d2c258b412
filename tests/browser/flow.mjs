// The way of a voice from a person's mouth to a receipt.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeStudio } from './fake_studio.mjs';
import {
  button,
  count,
  envelopeCorrelation,
  launch,
  open,
  probe,
  prompt,
  readAloud,
  recordOne,
  scratch,
  speak,
  until,
} from './lib.mjs';

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function compare(recording, spoken, extension) {
  const file = join(scratch(), `arrived.${extension}`);
  writeFileSync(file, recording.body);
  return { alike: await envelopeCorrelation(file, spoken), ...(await probe(file)) };
}

export const tests = {
  'three spoken sentences arrive as mono Opus, in order, with every header': async () => {
    const studio = await new FakeStudio().start();
    const wav = join(scratch(), 'sw.wav');
    const seconds = await speak({ text: studio.sentences.sw[0], voice: 'sw', file: wav });
    const browser = await launch({ wav });
    try {
      const problems = [];
      browser.page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      await open(browser.page, studio.url);
      const texts = [];
      for (let take = 1; take <= 3; take++) {
        texts.push(await recordOne(browser.page, { seconds }));
        await until(`take ${take} arrived`, async () => (await count(browser.page, 'arrived')) === take);
      }
      assert.deepEqual(texts, studio.sentences.sw.slice(0, 3));
      assert.equal(await count(browser.page, 'on-phone'), 0);
      assert.deepEqual(problems, []);
      const arrived = [...studio.recordings.entries()];
      assert.deepEqual(
        arrived.map(([, { headers }]) => headers['x-take']),
        ['1', '2', '3'],
      );
      assert.equal(new Set(arrived.map(([, { headers }]) => headers['x-session-id'])).size, 1);
      assert.equal(new Set(arrived.map(([, { headers }]) => headers['x-speaker-id'])).size, 1);
      for (const [id, { headers }] of arrived) {
        assert.match(id, UUID7);
        assert.match(headers['x-speaker-id'], UUID4);
        assert.match(headers['x-session-id'], UUID4);
        assert.ok(headers['x-consent-version'] && headers['x-lease-id'] && headers['x-prompt-id']);
        assert.match(headers['content-type'], /^audio\/webm/);
      }
      for (const [, recording] of arrived) {
        const { alike, codec, channels } = await compare(recording, wav, 'webm');
        assert.ok(alike >= 0.9, `envelopes correlate by ${alike.toFixed(3)}`);
        assert.deepEqual({ codec, channels }, { codec: 'opus', channels: 1 });
        const bitsPerSecond = (recording.body.length * 8) / seconds;
        assert.ok(bitsPerSecond < 45_000, `${Math.round(bitsPerSecond)} bit/s`);
      }
    } finally {
      await browser.close();
      await studio.stop();
    }
  },

  'with format=wav every sample arrives in a WAV file': async () => {
    const studio = await new FakeStudio().start();
    const wav = join(scratch(), 'am.wav');
    const seconds = await speak({ text: studio.sentences.am[0], voice: 'am', file: wav });
    const browser = await launch({ wav });
    try {
      await open(browser.page, studio.url, { locale: 'am', more: '&format=wav' });
      assert.equal(await prompt(browser.page).getAttribute('lang'), 'am');
      await recordOne(browser.page, { seconds });
      await until('arrived', () => studio.recordings.size === 1);
      const [recording] = studio.recordings.values();
      assert.equal(recording.headers['content-type'], 'audio/wav');
      const { alike, codec, channels } = await compare(recording, wav, 'wav');
      assert.deepEqual({ codec, channels }, { codec: 'pcm_s16le', channels: 1 });
      assert.ok(alike >= 0.9, `envelopes correlate by ${alike.toFixed(3)}`);
    } finally {
      await browser.close();
      await studio.stop();
    }
  },

  'the next sentence is there at once, from a studio that takes two seconds to answer': async () => {
    const studio = await new FakeStudio().start();
    const browser = await launch();
    try {
      await open(browser.page, studio.url);
      await until(
        'two sentences are held',
        () => studio.requests.filter(({ path }) => path.endsWith('/next')).length === 2,
      );
      studio.onPrompt(({ answer }) => setTimeout(answer, 2_000));
      const before = await prompt(browser.page).textContent();
      const pressed = Date.now();
      await button(browser.page, 'Skip').click();
      await until(
        'another sentence',
        async () => (await prompt(browser.page).textContent()) !== before,
        1_000,
      );
      assert.ok(Date.now() - pressed < 1_000);
      await until('the skip was told', () =>
        studio.requests.some(({ method, query }) => method === 'DELETE' && query.reason === 'skip'),
      );
    } finally {
      await browser.close();
      await studio.stop();
    }
  },

  'a reload keeps the sentences of the tab and asks for no more': async () => {
    const studio = await new FakeStudio().start();
    const browser = await launch();
    const asked = () => studio.requests.filter(({ path }) => path.endsWith('/next')).length;
    try {
      await open(browser.page, studio.url);
      await until('two sentences are held', () => asked() === 2);
      const before = await prompt(browser.page).textContent();
      await browser.page.reload();
      assert.equal(await prompt(browser.page).textContent(), before);
      assert.equal(asked(), 2);
    } finally {
      await browser.close();
      await studio.stop();
    }
  },

  'a person can listen before sending, read once more, or delete': async () => {
    const studio = await new FakeStudio().start();
    const wav = join(scratch(), 'sw.wav');
    await speak({ text: studio.sentences.sw[0], voice: 'sw', file: wav });
    const browser = await launch({ wav });
    const { page } = browser;
    try {
      await open(page, studio.url);
      const text = await readAloud(page, 1.5);
      assert.equal(await count(page, 'on-phone'), 1);
      await button(page, 'Listen').click();
      await button(page, 'Pause').waitFor();
      await button(page, 'Listen').waitFor();
      await button(page, 'Try again').click();
      await button(page, 'Stop').waitFor();
      await page.waitForTimeout(700);
      await button(page, 'Stop').click();
      await button(page, 'Send').waitFor();
      assert.equal(await count(page, 'on-phone'), 1, 'the second reading stands in place of the first');
      await button(page, 'Delete').click();
      await button(page, 'Record').waitFor();
      assert.equal(await prompt(page).textContent(), text);
      assert.equal(await count(page, 'on-phone'), 0);
      assert.equal(studio.uploads().length, 0);
    } finally {
      await browser.close();
      await studio.stop();
    }
  },

  'a take ends by itself at the longest length': async () => {
    const studio = await new FakeStudio().start();
    const browser = await launch();
    try {
      await open(browser.page, studio.url, { more: '&max=2' });
      await button(browser.page, 'Record').click();
      await button(browser.page, 'Send').waitFor({ timeout: 10_000 });
      assert.equal(await count(browser.page, 'on-phone'), 1);
    } finally {
      await browser.close();
      await studio.stop();
    }
  },
};
