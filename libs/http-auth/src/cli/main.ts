#!/usr/bin/env node
import { askPassword } from './ask.js';
import { run } from './run.js';

const code = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  out: console.log,
  err: console.error,
  ask: () => askPassword(process.stdin, process.stderr),
});
// Whatever the application has opened, such as connections to a database, would keep the process; but first all is written.
process.stdout.write('', () => process.exit(code));
