// The page for everybody: keyboards, screen readers, right-to-left, dark rooms, small and large screens, and
// microphones that are refused, missing or out of reach. Screenshots of every state go to SCREENSHOTS, if it is set.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { FakeStudio, problem } from './fake_studio.mjs';
import { DESKTOP, PHONE, button, count, launch, open, prompt, scratch, speak, until } from './lib.mjs';
import { withPage } from './line.mjs';

const SHOTS = process.env.SCREENSHOTS ?? null;
if (SHOTS) mkdirSync(SHOTS, { recursive: true });

const NAMES = {
  en: { agree: 'I agree', record: 'Record', stop: 'Stop', send: 'Send' },
  sw: { agree: 'Nakubali', record: 'Rekodi', stop: 'Simamisha', send: 'Tuma' },
  am: { agree: 'እስማማለሁ', record: 'ቅዳ', stop: 'አቁም', send: 'ላክ' },
  ar: { agree: 'أوافق', record: 'سجّل', stop: 'أوقف', send: 'أرسل' },
};

/** No accessibility violation, no sideways scrolling, no target below 48 px; a picture for people. */
async function inspect(page, name) {
  // A colour on its way from one state to the next is neither.
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getTiming().iterations !== Infinity)
        .map((animation) => animation.finished.catch(() => null)),
    ),
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
  assert.deepEqual(found, [], name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen`);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, a, summary, input')]
      .map((element) => ({ name: element.textContent, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.height < 47.5 || box.width < 47.5))
      .map(({ name: text, box }) => `${text} ${box.width}x${box.height}`),
  );
  assert.deepEqual(small, [], `${name}: targets below 48 px`);
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Walks through every state of the page and inspects each. */
const walk = (ui, locale, look, options) => async () => {
  const names = NAMES[ui];
  const studio = await new FakeStudio().start();
  const wav = join(scratch(), 'voice.wav');
  const voice = { sw: 'sw', am: 'am', ar: 'ar', en: 'en' }[locale];
  await speak({ text: studio.sentences[locale].join(' '), voice, file: wav });
  const browser = await launch({ wav, ...options });
  const { page } = browser;
  const at = (state) => inspect(page, `${look}-${ui}-${state}`);
  try {
    await page.goto(`${studio.url}/?ui=${ui}`);
    await page.locator('.choices a').first().waitFor();
    assert.equal(await page.locator('html').getAttribute('dir'), ui === 'ar' ? 'rtl' : 'ltr');
    assert.equal(await page.locator('html').getAttribute('lang'), ui);
    await at('1-languages');
    await page.locator('.choices a', { has: page.locator(`[lang=${locale}]`) }).click();
    await button(page, names.agree).waitFor();
    await at('2-consent');
    await button(page, names.agree).click();
    await prompt(page).waitFor();
    assert.equal(await prompt(page).getAttribute('lang'), locale);
    assert.equal(await prompt(page).getAttribute('dir'), locale === 'ar' ? 'rtl' : 'ltr');
    await at('3-sentence');
    await button(page, names.record).click();
    await button(page, names.stop).waitFor();
    await page.waitForTimeout(3_000);
    await at('4-recording');
    await button(page, names.stop).click();
    await button(page, names.send).waitFor();
    await at('5-review');
    await button(page, names.send).click();
    await until('arrived', async () => (await count(page, 'arrived')) === 1);
    await at('6-arrived');
    studio.onUpload(({ response }) => problem(response, 415, 'this is not audio'));
    await button(page, names.record).click();
    await button(page, names.stop).click();
    await button(page, names.send).click();
    await until('refused', () => studio.uploads().length === 2);
    await page.locator('summary').click();
    await page.locator('[data-take-state=refused]').waitFor();
    await page.locator('summary').scrollIntoViewIfNeeded();
    await at('7-refused');
    await page.locator('summary').click();
    studio.onUpload(null);
    await studio.stop();
    await button(page, names.record).click();
    await button(page, names.stop).click();
    await button(page, names.send).click();
    await page.locator('.status.care').waitFor();
    await at('8-away');
  } finally {
    await browser.close();
    await studio.stop();
  }
};

const microphoneTest = (options, words, address = (url) => url) =>
  withPage(async ({ studio, page }) => {
    await open(page, address(studio.url));
    await prompt(page).waitFor();
    await button(page, 'Record').click();
    await page.getByText(words).waitFor();
    await inspect(page, `microphone-${words.split(' ').slice(0, 3).join('-')}`);
    await button(page, 'Record').waitFor();
    assert.equal(await count(page, 'on-phone'), 0);
  }, options);

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

/** Presses Tab until the focus is on a control of this name, as a person without a mouse does. */
async function tabTo(page, name, most = 15) {
  for (let i = 0; i < most; i++) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way to ${name} by keyboard`);
}

export const tests = {
  'every state is accessible: phone, English page, Swahili sentences': walk('en', 'sw', 'phone', {
    viewport: PHONE,
  }),
  'every state is accessible: phone, dark, Amharic': walk('am', 'am', 'dark', {
    viewport: PHONE,
    colorScheme: 'dark',
  }),
  'every state is accessible: phone, right to left': walk('ar', 'ar', 'phone', { viewport: PHONE }),
  'every state is accessible: desktop, dark, Swahili': walk('sw', 'sw', 'desktop', {
    viewport: DESKTOP,
    colorScheme: 'dark',
  }),
  // Twice as large on a phone is half as many pixels of the page.
  'every state is accessible: enlarged to 200 %, still': walk('en', 'sw', 'enlarged', {
    viewport: { width: 320, height: 370 },
    reducedMotion: 'reduce',
  }),

  'every state is accessible: a phone on its side': walk('en', 'sw', 'side', {
    viewport: { width: 740, height: 360 },
  }),

  'the microphone refused: what to do': microphoneTest({ allow: false }, 'The microphone is not allowed'),
  'no microphone: what to do': microphoneTest({ wav: false }, 'No microphone was found'),
  'an address without https: what to do': microphoneTest(
    { args: ['--host-resolver-rules=MAP studio.example 127.0.0.1'] },
    'The browser gives the microphone only',
    (url) => url.replace('127.0.0.1', 'studio.example'),
  ),

  'by keyboard alone, with Enter held down once': withPage(async ({ studio, page }) => {
    await page.goto(`${studio.url}/?ui=en`);
    await page.locator('.choices a').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await button(page, 'I agree').waitFor();
    await tabTo(page, 'I agree');
    await page.keyboard.press('Enter');
    await prompt(page).waitFor();
    await tabTo(page, 'Record');
    // A held key repeats: it must not run through Record, Stop and Send.
    await page.keyboard.down('Enter');
    await button(page, 'Stop').waitFor();
    for (let i = 0; i < 20; i++) await page.keyboard.down('Enter');
    await page.waitForTimeout(500);
    assert.equal(await focused(page), 'Stop', 'the focus follows');
    await page.keyboard.up('Enter');
    await page.keyboard.press('Space');
    await button(page, 'Send').waitFor();
    assert.equal(await focused(page), 'Send');
    await page.keyboard.press('Shift+Tab');
    assert.equal(await focused(page), 'Listen');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await until('arrived', async () => (await count(page, 'arrived')) === 1);
    assert.equal(await focused(page), 'Record');
    assert.equal(studio.uploads().length, 1);
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(ring, 'solid', 'the focus is to be seen');
  }),
};
