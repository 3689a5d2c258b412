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
const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...bundles], { stdio: 'inherit' });
process.exit(run.status ?? 1);
