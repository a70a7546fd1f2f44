#!/usr/bin/env node
import { askPassword } from './ask.js';
import { run } from './run.js';

const code = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  out: console.log,
  err: console.error,
  ask: () => askPassword(process.stdin, process.stderr),
});
// Connections of the application, e.g. to a database, would keep the process alive. The output is written first.
process.stdout.write('', () => process.exit(code));
