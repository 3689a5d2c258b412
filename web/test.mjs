// Bundles every src/**/*.test.ts with esbuild and runs the result under Node's own test runner.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'build', 'tests');
const testsBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? testsBelow(join(folder, entry.name))
      : entry.name.endsWith('.test.ts')
        ? [join(folder, entry.name)]
        : [],
  );

rmSync(out, { recursive: true, force: true });
const sources = testsBelow(join(here, 'src'));
const result = await build({
  entryPoints: sources,
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  sourcemap: 'inline',
  metafile: true,
  logLevel: 'warning',
});
const bundles = Object.keys(result.metafile.outputs).map((file) => join(process.cwd(), file));
const run = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--test', '--test-reporter=tap', ...bundles],
  {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  },
);
process.stdout.write(run.stdout);
process.stderr.write(run.stderr);
// The runner's own words for what `./dev test` sums up.
const counted = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(run.stdout)?.[1] ?? 0);
console.log(`${counted('pass')} passed, ${counted('fail')} failed`);
process.exit(run.status ?? 1);
