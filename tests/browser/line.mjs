// A bad line, a studio that is away, a browser that is killed: a take leaves the device only when it has arrived.
import assert from 'node:assert/strict';
import { FakeStudio, json, problem } from './fake_studio.mjs';
import { button, count, launch, open, prompt, readAloud, recordOne, scratch, until } from './lib.mjs';

/** Runs `work({studio, browser, page})` with a studio and a browser that are gone afterwards. */
export const withPage = (work, options) => async () => {
  const studio = await new FakeStudio().start();
  const browser = await launch(options);
  try {
    await work({ studio, browser, page: browser.page });
  } finally {
    await browser.close().catch(() => undefined);
    await studio.stop();
  }
};

const arrived = (page, n) => until(`${n} arrived`, async () => (await count(page, 'arrived')) === n);
const idsOf = (studio) => new Set(studio.uploads().map(({ path }) => path));

/** In the page: whether its store has noted a Retry-After. */
const keepsQuiet = () =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('antiphon');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asking = opening.result.transaction('meta').objectStore('meta').get('quietUntilMs');
      asking.onsuccess = () => {
        opening.result.close();
        resolve(asking.result > Date.now());
      };
    };
  });

export const tests = {
  'studio away at Send, browser killed, opened again: the take arrives once': async () => {
    const studio = await new FakeStudio().start();
    const profile = scratch();
    const first = await launch({ profile });
    let second;
    try {
      await open(first.page, studio.url);
      const text = await readAloud(first.page, 1);
      await studio.stop();
      await button(first.page, 'Send').click();
      await until('it says that the take is on this phone', async () =>
        (await first.page.getByRole('status').first().textContent()).includes('safe on this phone'),
      );
      assert.equal(await count(first.page, 'on-phone'), 1);
      assert.equal(studio.recordings.size, 0);
      await first.kill();

      await studio.start();
      second = await launch({ profile });
      await open(second.page, studio.url);
      await arrived(second.page, 1);
      assert.equal(await count(second.page, 'on-phone'), 0);
      assert.equal(studio.recordings.size, 1);
      const [recording] = studio.recordings.values();
      assert.equal(recording.answers, 1);
      assert.equal(recording.headers['x-take'], '1');
      await second.page.locator('summary').click();
      await second.page.locator('.tray-body').getByText(text).waitFor();
    } finally {
      await second?.close();
      await studio.stop();
    }
  },

  'studio away at Send and back again: the take arrives by itself, in the same tab': withPage(
    async ({ studio, page }) => {
      await open(page, studio.url);
      await readAloud(page, 0.6);
      await studio.stop();
      await button(page, 'Send').click();
      await until('safe on this phone', async () =>
        (await page.getByRole('status').first().textContent()).includes('safe on this phone'),
      );
      await studio.start();
      await arrived(page, 1);
      assert.equal(studio.recordings.size, 1);
    },
  ),

  'tab closed between Stop and Send: the next visit offers the take': async () => {
    const studio = await new FakeStudio().start();
    const browser = await launch();
    try {
      await open(browser.page, studio.url);
      const text = await readAloud(browser.page, 0.6);
      const page = await browser.context.newPage();
      await browser.page.close();
      await open(page, studio.url);
      await button(page, 'Send').waitFor();
      assert.equal(await prompt(page).textContent(), text);
      await button(page, 'Listen').click();
      await button(page, 'Send').click();
      await arrived(page, 1);
      await button(page, 'Record').waitFor();
      assert.notEqual(await prompt(page).textContent(), text);
    } finally {
      await browser.close();
      await studio.stop();
    }
  },

  'a take under review in one tab is not offered in another': withPage(async ({ studio, browser, page }) => {
    await open(page, studio.url);
    await readAloud(page, 0.6);
    const other = await browser.context.newPage();
    await open(other, studio.url);
    await button(other, 'Record').waitFor();
    await until('the other tab counts it', async () => (await count(other, 'on-phone')) === 1);
    assert.equal(await button(other, 'Send').count(), 0);
  }),

  'an answer lost on the way: the same recording with the same number again, counted once': withPage(
    async ({ studio, page }) => {
      await open(page, studio.url);
      let cuts = 0;
      studio.onUpload(({ request, response, accept }) => {
        const { status, receipt } = accept();
        if (cuts++ < 2) request.socket.destroy();
        else json(response, status, receipt);
      });
      await recordOne(page, { seconds: 0.6 });
      await arrived(page, 1);
      assert.equal(studio.recordings.size, 1);
      assert.equal(studio.uploads().length, 3);
      assert.equal(idsOf(studio).size, 1);
      assert.deepEqual(new Set(studio.uploads().map(({ headers }) => headers['x-take'])), new Set(['1']));
      assert.deepEqual(new Set(studio.uploads().map(({ headers }) => headers['x-session-id'])).size, 1);
    },
  ),

  'a Retry-After is waited for, by reloading and by the next take too': withPage(async ({ studio, page }) => {
    const WAIT_S = 6;
    await open(page, studio.url);
    studio.onUpload(({ response }) =>
      problem(response, 503, 'Kafka is away', { 'Retry-After': String(WAIT_S) }),
    );
    await recordOne(page, { seconds: 0.6 });
    await until('the first refusal is noted on the phone', () => page.evaluate(keepsQuiet));
    studio.onUpload(null);
    await page.reload();
    await recordOne(page, { seconds: 0.6 });
    await arrived(page, 2);
    const [first, second] = studio.uploads();
    assert.ok(second.at - first.at >= WAIT_S * 1_000, `${second.at - first.at} ms between the two`);
    assert.equal(studio.recordings.size, 2);
  }),

  'a sign-in page that answers 200 to everything takes nothing from the phone': withPage(
    async ({ studio, page }) => {
      await open(page, studio.url);
      let pages = 0;
      studio.onUpload(({ response }) => {
        pages += 1;
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Welcome to our hotel</h1>');
      });
      await recordOne(page, { seconds: 0.6 });
      await until('two attempts', () => pages >= 2);
      assert.equal(await count(page, 'on-phone'), 1);
      assert.equal(await count(page, 'arrived'), 0);
      studio.onUpload(({ response, id, accept }) => {
        accept();
        json(response, 201, {
          recording_id: id,
          topic: 't',
          partition: 0,
          offset: 0,
          sha256: 'f'.repeat(64),
        });
      });
      const before = studio.uploads().length;
      await until('a receipt for other bytes is no receipt', () => studio.uploads().length >= before + 2);
      assert.equal(await count(page, 'on-phone'), 1);
      studio.onUpload(null);
      await arrived(page, 1);
    },
  ),

  'a take refused for good stays to be seen and gives its number to the next': withPage(
    async ({ studio, page }) => {
      await open(page, studio.url);
      studio.onUpload(({ response }) => problem(response, 415, 'this is not audio'));
      await recordOne(page, { seconds: 0.6 });
      await until('it says so', async () =>
        (await page.getByRole('status').first().textContent()).includes('not accepted'),
      );
      studio.onUpload(null);
      await recordOne(page, { seconds: 0.6 });
      await arrived(page, 1);
      assert.deepEqual(
        studio.uploads().map(({ headers }) => headers['x-take']),
        ['1', '1'],
      );
      assert.equal(idsOf(studio).size, 2);
      assert.equal(await count(page, 'on-phone'), 1);

      await page.locator('summary').click();
      await page.getByText('Not accepted (415): this is not audio').waitFor();
      const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download').click()]);
      assert.match(download.suggestedFilename(), /^sw-[0-9a-f-]{36}\.webm$/);
      await button(page, 'Delete').click();
      await until('it is gone', async () => (await count(page, 'on-phone')) === 0);
    },
  ),

  'two tabs send a take once between them': withPage(async ({ studio, browser, page }) => {
    const other = await browser.context.newPage();
    await open(page, studio.url);
    await open(other, studio.url);
    studio.onUpload(({ response, accept }) => {
      const { status, receipt } = accept();
      setTimeout(() => json(response, status, receipt), 1_500);
    });
    await recordOne(page, { seconds: 0.6 });
    await until('the upload is under way', () => studio.uploads().length === 1);
    await other.evaluate(() => dispatchEvent(new Event('online')));
    await arrived(page, 1);
    await arrived(other, 1);
    assert.equal(studio.uploads().length, 1);
  }),

  'no sentence open: a friendly word, and the next one comes by itself': withPage(
    async ({ studio, page }) => {
      const sentences = studio.sentences.sw;
      studio.sentences.sw = [];
      await open(page, studio.url);
      await page.getByText('All sentences are taken').waitFor();
      assert.equal(await prompt(page).count(), 0);
      studio.sentences.sw = sentences;
      await prompt(page).waitFor({ timeout: 15_000 });
    },
  ),

  'studio away while sentences are fetched: it says so and goes on by itself': withPage(
    async ({ studio, page }) => {
      studio.onPrompt(({ response }) => response.destroy());
      await open(page, studio.url);
      await page.getByText('We cannot be reached').waitFor();
      const ids = new Set(
        studio.requests.filter(({ path }) => path.endsWith('/next')).map(({ query }) => query.request),
      );
      assert.equal(ids.size, 1, 'a repeated question keeps its UUID');
      studio.onPrompt(null);
      await prompt(page).waitFor({ timeout: 20_000 });
    },
  ),

  'a full phone is said plainly, nothing is lost, and making room is enough': withPage(
    async ({ studio, page }) => {
      // Chromium's own quota cannot be made to run out reliably by a test, so the store's answer is put in its place.
      await page.addInitScript(() => {
        const add = IDBObjectStore.prototype.add;
        IDBObjectStore.prototype.add = function (...args) {
          if (this.name === 'audio' && window.deviceIsFull) throw new DOMException('', 'QuotaExceededError');
          return add.apply(this, args);
        };
      });
      await open(page, studio.url);
      await page.evaluate(() => (window.deviceIsFull = true));
      await readAloud(page, 0.6, 'Keep it now');
      await page.getByText('This phone is full').waitFor();
      await button(page, 'Keep it now').click();
      await page.getByText('This phone is full').waitFor();
      assert.equal(await count(page, 'on-phone'), 0);
      await page.evaluate(() => (window.deviceIsFull = false));
      await button(page, 'Keep it now').click();
      await button(page, 'Send').click();
      await arrived(page, 1);
    },
  ),
};
