// Builds dist/: index.html, app.<hash>.js, app.<hash>.css, wav.<hash>.js (fetched only when WAV is asked for) and
// icon.svg. Fails when a first visit would cost more than BUDGET_BYTES, compressed.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const BUDGET_BYTES = 60_000;
const here = dirname(fileURLToPath(import.meta.url));
const src = join(here, 'src');
const dist = join(here, 'dist');

async function bundle(entry, options = {}) {
  const result = await build({
    entryPoints: [join(src, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['es2020'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'warning',
    outdir: dist,
    ...options,
  });
  return result.outputFiles[0].contents;
}

const hashed = (stem, extension, bytes) =>
  `${stem}.${createHash('sha256').update(bytes).digest('hex').slice(0, 10)}.${extension}`;

const wav = await bundle('wav-worklet.ts');
const wavName = hashed('wav', 'js', wav);
const css = await bundle('app.css', { target: ['chrome87', 'firefox78', 'safari14.1'] });
const cssName = hashed('app', 'css', css);
const js = await bundle('main.tsx', { define: { WAV_WORKLET_URL: JSON.stringify(wavName) } });
const jsName = hashed('app', 'js', js);
const html = Buffer.from(
  readFileSync(join(src, 'index.html'), 'utf8').replace('app.css', cssName).replace('app.js', jsName),
);
const icon = readFileSync(join(src, 'icon.svg'));

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
let firstLoad = 0;
for (const [name, bytes, first] of [
  ['index.html', html, true],
  [jsName, js, true],
  [cssName, css, true],
  ['icon.svg', icon, true],
  [wavName, wav, false],
]) {
  const packed = gzipSync(bytes, { level: 9 });
  writeFileSync(join(dist, name), bytes);
  if (first) firstLoad += packed.length;
  console.log(`${String(packed.length).padStart(7)} of ${String(bytes.length).padStart(7)} bytes  ${name}`);
}
console.log(
  `${String(firstLoad).padStart(7)} bytes compressed on a first visit; the budget is ${BUDGET_BYTES}`,
);
if (firstLoad > BUDGET_BYTES) process.exit(1);
