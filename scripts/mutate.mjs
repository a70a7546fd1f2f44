// Changes the library in small ways and runs the tests that reach each change. A change that no test notices survives.
//
//   npm run mutate                       all folders of the library; this takes hours
//   npm run mutate -- limits schemes     some folders
//   npm run mutate -- limits --least 95  fails if a folder has a lower score
//   npm run mutate -- logout --tests 'src/logout|test/logout'  runs only the test files whose path matches, so the real score is at least as high
//   npm run mutate -- tokens --share 0.1 tests a tenth of the changes, always the same ones

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { inSample } from './support/mutant.sample.mjs';

const SOURCE = 'libs/http-auth/src/';

const { values, positionals } = parseArgs({
  options: { least: { type: 'string' }, share: { type: 'string' }, tests: { type: 'string' } },
  allowPositionals: true,
});

const share = Number(values.share ?? 1);
if (!(share > 0 && share <= 1)) {
  console.error(`mutate: --share must be a number above 0 and at most 1, not ${values.share}`);
  process.exit(2);
}
const folders = positionals.length > 0 ? positionals : ['**'];
const mutate = [...folders.map((folder) => `${SOURCE}${folder}/**/*.ts`), '!**/*.spec.ts', '!**/*.tst.ts'];
const { status } = spawnSync('npx', ['stryker', 'run', '--mutate', mutate.join(',')], {
  stdio: 'inherit',
  env: { ...process.env, MUTATE_TESTS: values.tests ?? '', MUTATE_SHARE: values.share },
});
if (status !== 0) process.exit(status ?? 1);

const { files } = JSON.parse(readFileSync('coverage/mutation.json', 'utf8'));
const scores = new Map();
for (const [file, { mutants }] of Object.entries(files)) {
  const folder = file.slice(SOURCE.length).split('/').slice(0, -1)[0] ?? '.';
  const score = scores.get(folder) ?? { detected: 0, timeouts: 0, unreached: 0, total: 0 };
  for (const mutant of mutants) {
    const { status: result, location, mutatorName, replacement } = mutant;
    if (['Ignored', 'CompileError', 'RuntimeError'].includes(result) || !inSample(mutant, share)) continue;
    score.total++;
    if (result === 'Timeout') score.timeouts++;
    if (result === 'NoCoverage') score.unreached++;
    if (result === 'Killed' || result === 'Timeout') score.detected++;
    else
      console.log(`${file}:${location.start.line}:${location.start.column} ${result}: ${mutatorName} ${replacement}`);
  }
  scores.set(folder, score);
}

for (const [folder, score] of [...scores].toSorted(([one], [other]) => one.localeCompare(other))) {
  const { detected, timeouts, unreached, total } = score;
  const percent = (100 * detected) / total;
  const details = `${timeouts} by a timeout; ${unreached} not reached by these tests`;
  console.log(`${folder}: ${detected} of ${total} mutants killed: ${percent.toFixed(1)} % (${details})`);
  // Without mutants, the score is not a number.
  if (values.least !== undefined && !(percent >= Number(values.least))) process.exitCode = 1;
}
