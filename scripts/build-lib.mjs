// Builds the library: ES modules, a CommonJS copy, and the declarations. Then it checks that every entry exists.
// With --write, it writes the fields of package.json that depend on the entries.

import { deepEqual, ok } from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeCommonJs } from './library/commonjs.mjs';
import { filesOf, hasCopy, modules, packageFields } from './library/entries.mjs';
import { root, run, tool } from './support/run.mjs';

const library = join(root, 'libs', 'http-auth');
const dist = join(library, 'dist');
const manifest = join(library, 'package.json');

const fields = packageFields();
const found = JSON.parse(readFileSync(manifest, 'utf8'));
if (process.argv.includes('--write')) {
  writeFileSync(manifest, `${JSON.stringify({ ...found, ...fields }, null, 2)}\n`);
} else {
  for (const [field, value] of Object.entries(fields)) {
    deepEqual(found[field], value, `${field} in libs/http-auth/package.json; run node scripts/build-lib.mjs --write`);
  }
  // Node.js takes the first condition that it knows.
  deepEqual(JSON.stringify(found.exports), JSON.stringify(fields.exports), 'the order of exports');
}

rmSync(dist, { recursive: true, force: true });
run(tool('tsc'), ['-p', join(library, 'tsconfig.lib.json')]);
writeCommonJs(dist);

for (const file of new Set([...filesOf(fields), ...filesOf(found.bin), ...found.sideEffects])) {
  ok(existsSync(join(library, file)), `the build has no file ${file}, which package.json names`);
}
// Matchers cannot be loaded outside of their test runner.
for (const module of modules.filter((name) => hasCopy(name) && name !== 'testing/jest/index')) {
  const names = Object.keys(await import(pathToFileURL(join(dist, `${module}.js`)).href)).toSorted();
  const copy = createRequire(manifest)(join(dist, 'cjs', `${module}.js`));
  deepEqual(Object.keys(copy).toSorted(), names, `exports of ${module}`);
}
