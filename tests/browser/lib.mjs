// What a test of the page in a real browser needs: a voice, a browser with that voice as its microphone, the hands of
// a person, and a comparison of what was spoken with what arrived. Works against any studio by its address.
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
  '--autoplay-policy=no-user-gesture-required',
];
export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 800 };

export const scratch = (name = 'antiphon-browser-') => mkdtempSync(join(tmpdir(), name));

/** Speaks a text with espeak-ng into a mono 48 kHz WAV with a little silence around it. Answers its length in seconds. */
export async function speak({ text, voice, file }) {
  const raw = `${file}.raw.wav`;
  await run('espeak-ng', ['-v', voice, '-s', '150', '-w', raw, text]);
  await run('sox', [raw, '-r', '48000', '-c', '1', '-b', '16', file, 'pad', '0.6', '0.6']);
  const { stdout } = await run('soxi', ['-D', file]);
  return Number(stdout);
}

/**
 * A browser with a profile on disk. `wav` is its microphone: played once from its start whenever the page opens the
 * microphone; false: no microphone at all. `kill()` ends the browser as a crash does, `close()` as a person does.
 */
export async function launch({
  wav = null,
  profile = scratch(),
  viewport = PHONE,
  allow = true,
  args = [],
  ...options
} = {}) {
  const sound =
    wav === false
      ? []
      : [
          '--use-fake-device-for-media-stream',
          ...(wav ? [`--use-file-for-fake-audio-capture=${wav}%noloop`] : []),
        ];
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport,
    chromiumSandbox: false,
    args: [
      ...QUIET,
      ...sound,
      allow ? '--use-fake-ui-for-media-stream' : '--deny-permission-prompts',
      ...args,
    ],
    ...options,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    context,
    page,
    profile,
    close: () => context.close(),
    kill: () => kill(context, profile),
  };
}

/** SIGKILL to the browser's processes, which are those that name this profile's own folder. */
async function kill(context, profile) {
  const ended = new Promise((resolve) => context.once('close', resolve));
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  for (const line of stdout.split('\n')) {
    if (!line.includes(`--user-data-dir=${profile}`)) continue;
    try {
      process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL');
    } catch {
      // It ended together with its parent.
    }
  }
  await ended;
}

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const prompt = (page) => page.getByTestId('prompt');
export const count = async (page, which) => Number(await page.getByTestId(which).locator('b').textContent());

/** Opens the page and gives consent if it is asked for. */
export async function open(page, url, { locale = 'sw', ui = 'en', more = '' } = {}) {
  await page.goto(`${url}/?locale=${locale}&ui=${ui}${more}`);
  const agree = button(page, 'I agree');
  await agree.or(prompt(page)).or(button(page, 'Record')).first().waitFor();
  if (await agree.isVisible()) await agree.click();
}

/** Record and Stop: reads the sentence on the screen for `seconds`, until the button `then` is there. Answers the text. */
export async function readAloud(page, seconds, then = 'Send') {
  await prompt(page).waitFor();
  const text = await prompt(page).textContent();
  await button(page, 'Record').click();
  await button(page, 'Stop').waitFor();
  await page.waitForTimeout(seconds * 1_000);
  await button(page, 'Stop').click();
  await button(page, then).waitFor();
  return text;
}

/** One whole sentence: Record, Stop, Send. Answers its text; the page may still be sending. */
export async function recordOne(page, { seconds = 3 } = {}) {
  const text = await readAloud(page, seconds);
  await button(page, 'Send').click();
  await button(page, 'Send').waitFor({ state: 'detached' });
  return text;
}

/** Waits until `test()` is true; fails with `what` after `timeoutMs`. */
export async function until(what, test, timeoutMs = 30_000) {
  const end = Date.now() + timeoutMs;
  while (!(await test())) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const RATE = 16_000;
const FRAME = RATE / 50; // 20 ms

async function envelope(file) {
  const args = ['-v', 'error', '-i', file, '-f', 'f32le', '-ac', '1', '-ar', String(RATE), '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 });
  const samples = new Float32Array(stdout.buffer, stdout.byteOffset, Math.floor(stdout.byteLength / 4));
  return Array.from({ length: Math.floor(samples.length / FRAME) }, (_, frame) => {
    let sum = 0;
    for (let i = frame * FRAME; i < (frame + 1) * FRAME; i++) sum += samples[i] ** 2;
    return Math.sqrt(sum / FRAME);
  });
}

function pearson(a, b) {
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/**
 * How alike two recordings sound: Pearson's correlation of their RMS envelopes in 20 ms frames at the best lag.
 * Both must overlap by 80 % of the shorter one, so that no short piece can fit by chance. 1 is the same.
 */
export async function envelopeCorrelation(fileA, fileB) {
  const [a, b] = await Promise.all([envelope(fileA), envelope(fileB)]);
  const least = Math.ceil(Math.min(a.length, b.length) * 0.8);
  let best = -1;
  for (let lag = least - b.length; lag <= a.length - least; lag++) {
    const from = Math.max(lag, 0);
    const to = Math.min(a.length, b.length + lag);
    if (to - from >= least) best = Math.max(best, pearson(a.slice(from, to), b.slice(from - lag, to - lag)));
  }
  return best;
}

/** What a sound file is: {codec, channels, rate, seconds}. */
export async function probe(file) {
  const args = [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_name,channels,sample_rate',
    '-of',
    'json',
    file,
  ];
  const [stream] = JSON.parse((await run('ffprobe', args)).stdout).streams;
  return { codec: stream.codec_name, channels: stream.channels, rate: Number(stream.sample_rate) };
}
