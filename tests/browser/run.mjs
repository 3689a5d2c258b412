// Runs the tests of the page in a real browser; words on the command line choose tests whose name holds one of them.
// The last line is `N passed, N failed`.
import { tests as flow } from './flow.mjs';
import { tests as line } from './line.mjs';
import { tests as people } from './people.mjs';

const TEST_TIMEOUT_MS = 240_000;
const words = process.argv.slice(2);
const chosen = Object.entries({ ...flow, ...line, ...people }).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);

let failed = 0;
for (const [name, test] of chosen) {
  const started = Date.now();
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`took longer than ${TEST_TIMEOUT_MS / 1_000} s`)),
      TEST_TIMEOUT_MS,
    );
  });
  try {
    await Promise.race([test(), limit]);
    console.log(`ok     ${name} (${((Date.now() - started) / 1_000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n       ${String(error?.stack ?? error).replaceAll('\n', '\n       ')}`);
  } finally {
    clearTimeout(timer);
  }
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || chosen.length === 0 ? 1 : 0);
