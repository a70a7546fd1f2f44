#!/usr/bin/env node
import { askPassword } from './ask.js';
import { run } from './run.js';

const code = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  out: console.log,
  err: console.error,
  ask: () => askPassword(process.stdin, process.stderr),
});
// Open connections of the application, e.g. to a database, would keep the process alive. The empty write calls back once
// all earlier output is flushed.
process.stdout.write('', () => process.exit(code));
