// Changes the library in small ways and runs the tests that reach each change. A change that no test notices survives.
//
//   npm run mutate                       all folders of the library; this takes hours
//   npm run mutate -- limits schemes     some folders
//   npm run mutate -- limits --least 95  fails if a folder has a lower score
//   npm run mutate -- logout --tests 'src/logout|test/logout'  runs only the test files whose path matches, so the real score is at least as high

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const SOURCE = 'libs/http-auth/src/';

const { values, positionals } = parseArgs({
  options: { least: { type: 'string' }, tests: { type: 'string' } },
  allowPositionals: true,
});

const folders = positionals.length > 0 ? positionals : ['**'];
const mutate = [...folders.map((folder) => `${SOURCE}${folder}/**/*.ts`), '!**/*.spec.ts', '!**/*.tst.ts'];
const { status } = spawnSync('npx', ['stryker', 'run', '--mutate', mutate.join(',')], {
  stdio: 'inherit',
  env: { ...process.env, MUTATE_TESTS: values.tests ?? '' },
});
if (status !== 0) process.exit(status ?? 1);

const { files } = JSON.parse(readFileSync('coverage/mutation.json', 'utf8'));
const scores = new Map();
for (const [file, { mutants }] of Object.entries(files)) {
  const folder = file.slice(SOURCE.length).split('/').slice(0, -1)[0] ?? '.';
  const score = scores.get(folder) ?? { detected: 0, total: 0 };
  for (const { status: result, location, mutatorName, replacement } of mutants) {
    if (['Ignored', 'CompileError', 'RuntimeError'].includes(result)) continue;
    score.total++;
    if (result === 'Killed' || result === 'Timeout') score.detected++;
    else
      console.log(`${file}:${location.start.line}:${location.start.column} ${result}: ${mutatorName} ${replacement}`);
  }
  scores.set(folder, score);
}

const least = Number(values.least ?? 0);
for (const [folder, { detected, total }] of [...scores].toSorted(([one], [other]) => one.localeCompare(other))) {
  const percent = total === 0 ? 100 : (100 * detected) / total;
  console.log(`${folder}: ${detected} of ${total} mutants killed, ${percent.toFixed(1)} %`);
  if (percent < least) process.exitCode = 1;
}
