// The whole way with a real browser: spoken sentences in at the microphone, files out of the archive. Needs a built `antiphon`
// (ANTIPHON names another); prints `N passed, N failed` last.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  button,
  count,
  envelopeCorrelation,
  launch,
  open,
  readAloud,
  recordOne,
  scratch,
  speak,
  until,
} from './lib.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const antiphon = process.env.ANTIPHON ?? join(root, 'build/release/antiphon');
const SPOKEN = {
  sw: { voice: 'sw', text: 'Habari ya asubuhi. Leo ni siku nzuri ya kusoma.' },
  am: { voice: 'am', text: 'እንደምን አደርክ? ዛሬ ጥሩ ቀን ነው።' },
};

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

class Pipeline {
  constructor() {
    this.folder = scratch('antiphon-spine-');
    this.archive = join(this.folder, 'data/archive');
  }
  async start() {
    this.http ??= `127.0.0.1:${await freePort()}`;
    this.kafka ??= `127.0.0.1:${await freePort()}`;
    const args = [
      'up',
      '--data',
      join(this.folder, 'data'),
      '--http',
      this.http,
      '--kafka',
      this.kafka,
      '--corpus',
      `file://${root}demo/corpora`,
      '--log-level',
      'warn',
    ];
    this.process = spawn(antiphon, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface(this.process.stdout)) {
      if (line.startsWith('ready ')) {
        this.url = line.slice(6);
        return this;
      }
    }
    throw new Error('antiphon up did not become ready');
  }
  async stop() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    assert.equal(await ended, 0);
  }
  stored() {
    const files = readdirSync(this.archive, { recursive: true }).filter(
      (name) => !name.includes('/.') && !name.startsWith('.'),
    );
    return files
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({
        sidecar: JSON.parse(readFileSync(join(this.archive, name), 'utf8')),
        file: join(
          this.archive,
          files.find(
            (other) =>
              other.startsWith(name.slice(0, -5)) && !other.endsWith('.json') && /\.\w+$/.test(other),
          ),
        ),
      }));
  }
  /** sha256 of every value of the recordings topic by key, by kcat alone. */
  async topic() {
    const { stdout } = await run(
      'kcat',
      ['-b', this.kafka, '-C', '-t', 'voices.recordings', '-o', 'beginning', '-e', '-q', '-f', '%k\\n%R%s'],
      { encoding: 'buffer', maxBuffer: 64 << 20 },
    );
    const values = [];
    for (let at = 0; at < stdout.length;) {
      const end = stdout.indexOf(10, at);
      const size = stdout.readInt32BE(end + 1);
      values.push({
        key: stdout.toString('utf8', at, end),
        sha256: createHash('sha256')
          .update(stdout.subarray(end + 5, end + 5 + size))
          .digest('hex'),
      });
      at = end + 5 + size;
    }
    return values;
  }
}

async function threeSentencesInTwoLanguages() {
  const pipeline = await new Pipeline().start();
  const receipts = [];
  const spoken = {};
  for (const [locale, times] of [
    ['sw', 2],
    ['am', 1],
  ]) {
    spoken[locale] = join(pipeline.folder, `${locale}.wav`);
    const seconds = await speak({ ...SPOKEN[locale], file: spoken[locale] });
    const browser = await launch({ wav: spoken[locale] });
    // The page may say that a take arrived before its answer is read here: the browser stays open until then.
    const answers = [];
    browser.page.on('response', (response) => {
      if (response.request().method() === 'PUT' && response.status() === 201) answers.push(response.json());
    });
    await open(browser.page, pipeline.url, { locale });
    for (let i = 0; i < times; i += 1) await recordOne(browser.page, { seconds });
    await until('every take arrived', async () => (await count(browser.page, 'arrived')) === times);
    await until('every answer came', () => answers.length === times);
    receipts.push(...(await Promise.all(answers)));
    await browser.close();
  }
  await until('three voices are archived', () => pipeline.stored().length === 3);
  const topic = await pipeline.topic();
  assert.equal(topic.length, 3);
  for (const { sidecar, file } of pipeline.stored()) {
    const archived = createHash('sha256').update(readFileSync(file)).digest('hex');
    const receipt = receipts.find((one) => one.recording_id === sidecar.ce_id);
    assert.equal(receipt?.sha256, archived);
    assert.equal(topic.find((one) => one.key === sidecar.ce_id)?.sha256, archived);
    assert.equal(sidecar.ce_lease, 'held');
    const correlation = await envelopeCorrelation(spoken[sidecar.ce_locale], file);
    console.log(
      `       ${sidecar.ce_locale} ${file.split('.').pop()} envelope correlation ${correlation.toFixed(3)}`,
    );
    assert.ok(correlation >= 0.9, `envelope correlation ${correlation}`);
  }
  await pipeline.stop();
  rmSync(pipeline.folder, { recursive: true });
}

async function theStudioIsAwayAtSendAndTheTabIsClosed() {
  const pipeline = await new Pipeline().start();
  const wav = join(pipeline.folder, 'sw.wav');
  const seconds = await speak({ ...SPOKEN.sw, file: wav });
  const first = await launch({ wav });
  await open(first.page, pipeline.url, { locale: 'sw' });
  await readAloud(first.page, seconds);
  await pipeline.stop();
  await button(first.page, 'Send').click();
  // The button goes when the wish to send is on disk; before that, the next visit would ask again and not send by itself.
  await button(first.page, 'Send').waitFor({ state: 'detached' });
  assert.equal(await count(first.page, 'on-phone'), 1);
  await first.close();
  await pipeline.start();
  const second = await launch({ wav, profile: first.profile });
  await open(second.page, pipeline.url, { locale: 'sw' });
  await until('the take arrived', async () => (await count(second.page, 'arrived')) === 1, 60_000);
  await until('it is archived', () => pipeline.stored().length === 1);
  assert.equal((await pipeline.topic()).length, 1);
  await second.close();
  await pipeline.stop();
  rmSync(pipeline.folder, { recursive: true });
}

let passed = 0;
let failed = 0;
for (const test of [threeSentencesInTwoLanguages, theStudioIsAwayAtSendAndTheTabIsClosed]) {
  try {
    await test();
    passed += 1;
    console.log(`ok     ${test.name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${test.name}\n       ${String(error?.stack ?? error)}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
