// Checks the packed library in new applications: versions of Nest and Node.js, formats, bundlers, test runners and types.
//
// npm run test:matrix                        runs all cells
// npm run test:matrix -- bundlers types      runs some cells
// MATRIX_DIR=/tmp/matrix npm run test:matrix keeps the applications for the next run

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanUp, tarball } from './matrix/workspace.mjs';
import { root, say } from './support/run.mjs';

const cells = readdirSync(join(root, 'scripts', 'matrix', 'cells')).map((file) => file.replace('.mjs', ''));
const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((name) => !cells.includes(name));
if (unknown.length > 0) {
  console.error(`test:matrix: there is no cell ${unknown.join(', ')}; choose from ${cells.join(', ')}`);
  process.exit(2);
}

const start = Date.now();
const failed = [];
try {
  tarball();
  for (const name of positionals.length > 0 ? positionals : cells) {
    console.log(`\n== ${name}`);
    const begin = Date.now();
    try {
      const { default: check } = await import(`./matrix/cells/${name}.mjs`);
      await check(say);
      console.log(`${Math.round((Date.now() - begin) / 1000)} s`);
    } catch (error) {
      console.log(`✗ ${name}: ${error.message}`);
      failed.push(name);
    }
  }
} finally {
  cleanUp();
}
console.log(`\n${Math.round((Date.now() - start) / 1000)} s in total`);
if (failed.length > 0) {
  console.error(`✗ failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
