// Runs the tests of the applications in `examples`, and starts each application that has a `src/main.ts`.
// It builds the library first.
//
//   node scripts/examples.mjs
//   node scripts/examples.mjs --json --outputFile=report.json     passes the arguments to jest
//   node scripts/examples.mjs chat                                runs the tests whose path contains the word, and starts nothing

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './support/run.mjs';
import { withServer } from './support/server.mjs';

const folder = join(root, 'examples');

/** The path of a closed route, if it is not `/me`. */
const closed = { graphql: '/graphql?query=%7Bme%7D' };
const JEST = ['test', '--silent', '--ignore-scripts', '--', '--config', 'jest.examples.config.js'];

run('npm', ['run', '--silent', 'build:lib']);
const options = process.argv.slice(2);
const tests = spawnSync('npm', [...JEST, ...options], { cwd: root, stdio: 'inherit' });
if (tests.status !== 0) process.exit(1);
if (options.some((option) => !option.startsWith('-'))) process.exit();

const queue = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'src', 'main.ts')));
// Compilers use one core each.
await Promise.all([startNext(), startNext()]);

/** Starts one example after another, until the queue is empty. */
async function startNext() {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    // The library has been built, so the script `prestart` is not necessary.
    const command = ['npm', 'start', '--ignore-scripts', '--workspace', `examples/${name}`];
    await withServer(command, { cwd: root }, async (get) => {
      const { status, challenges } = await get(closed[name] ?? '/me', { 'apollo-require-preflight': 'true' });
      if (status !== 401 || challenges.length === 0)
        throw new Error(`examples/${name}: a closed route responds with ${status}`);
    });
    say(`npm start -w examples/${name}`);
  }
}
