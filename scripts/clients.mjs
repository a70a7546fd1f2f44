// Runs the suite of real clients, and fills the tables of docs/clients.md from it: a row for each client and a column for
// each ability. The tests of a client are described as `curl on Express`. The name of each contains its column and its
// finding: `[Digest] yes`, `[Bearer] no: the remark`. A cell without a test is a dash: the client does not support it.
//
//   node scripts/clients.mjs                     runs the suite, and writes the file
//   node scripts/clients.mjs --check             does not write, and fails if the file would change
//   node scripts/clients.mjs --report <file>     stores the report of `jest --json` there
//   node scripts/clients.mjs <pattern>…          runs the files with those names only, and does not change the tables
//
// With SCREENSHOTS=1, it takes the pictures in docs/images again.
//
// It also fails if a test fails, if the adapters differ, or if a test has no place in the tables.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './support/run.mjs';

const FILE = 'docs/clients.md';
const NO_TEST = '–';

const { values: options, positionals: patterns } = parseArgs({
  options: { check: { type: 'boolean' }, report: { type: 'string' } },
  allowPositionals: true,
});
const problems = [];
const results = runTests();

if (!results.success) problems.push('some tests fail');
if (patterns.length === 0) {
  const findings = findingsOf(results);
  const before = readFileSync(join(root, FILE), 'utf8');
  const after = fill(before, findings);
  if (options.check && after !== before) problems.push(`${FILE}: it is out of date; run npm run test:clients`);
  if (!options.check && problems.length === 0) writeFileSync(join(root, FILE), after);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'));
  const file = options.report === undefined ? join(folder, 'results.json') : resolve(options.report);
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const jest = ['--config', 'jest.clients.config.js', '--json', `--outputFile=${file}`, ...patterns];
  try {
    spawnSync(process.execPath, [...flags, ...jest], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Collects the results of the tests by client and column. */
function findingsOf({ testResults }) {
  const findings = new Map();
  for (const { ancestorTitles, title } of testResults.flatMap(({ assertionResults }) => assertionResults)) {
    const [, column, finding] = /^\[(.*?)\] ((?:yes|no)\b.*)$/.exec(title) ?? [];
    const [, client] = /^(.*) on \w+$/.exec(ancestorTitles[0]) ?? [];
    if (column === undefined || client === undefined) continue;
    const columns = findings.get(client) ?? new Map();
    if ((columns.get(column) ?? finding) !== finding) problems.push(`${client}, ${column}: the adapters differ`);
    findings.set(client, columns.set(column, finding));
  }
  return findings;
}

/** Returns the document with the cells of its tables, and with their remarks at its end. */
function fill(text, findings) {
  const remarks = [];
  const used = new Set();
  let header = [];
  const lines = text.split('\n').map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, client, ...columns] = cells.slice(0, -1);
    if (client === 'client') header = columns;
    if (!findings.has(client)) return line;
    return `| ${[client, ...header.map((column) => cellOf(client, column))].join(' | ')} |`;
  });
  for (const [client, columns] of findings) {
    for (const column of columns.keys()) {
      if (!used.has(`${client} ${column}`)) problems.push(`${FILE} has no place for ${client}, ${column}`);
    }
  }
  const body = lines.filter((line) => !/^\[\^\d+\]:/.test(line)).join('\n');
  return `${body.trimEnd()}\n\n${remarks.map((remark, index) => `[^${index + 1}]: ${remark}`).join('\n')}\n`;

  function cellOf(client, column) {
    used.add(`${client} ${column}`);
    const [, finding = NO_TEST, remark] = /^(\w+)(?:: (.*))?$/.exec(findings.get(client).get(column) ?? '') ?? [];
    if (remark === undefined) return finding;
    const sentence = `${remark[0].toUpperCase()}${remark.slice(1)}.`;
    if (!remarks.includes(sentence)) remarks.push(sentence);
    return `${finding}[^${remarks.indexOf(sentence) + 1}]`;
  }
}
