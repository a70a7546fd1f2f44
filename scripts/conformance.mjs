// Fills the last column of docs/rfc-conformance.md with the tests that prove each row: their names contain its id, e.g.
// `[H-8] quotes the realm`. A row that no test can prove has a reason after a dash: `— not ours: …`.
//
//   node scripts/conformance.mjs                    runs those tests, and writes the file
//   node scripts/conformance.mjs --results <file>   reads a report of `jest --json --testLocationInResults` instead
//   node scripts/conformance.mjs --check            does not write, and fails if the file would change
//
// It also fails if a row has neither a test nor a reason, or if a test names an unknown row.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './support/run.mjs';

const FILE = 'docs/rfc-conformance.md';
const NAME = '(?:[A-Z]|MTLS)-\\d+';
const ID = new RegExp(`\\[(${NAME})\\]\\s*`, 'g');

const { values: options } = parseArgs({ options: { results: { type: 'string' }, check: { type: 'boolean' } } });
const problems = [];
const proofs = proofsOf(options.results === undefined ? runTests() : readResults(options.results));
const before = readFileSync(join(root, FILE), 'utf8');
const after = fill(before, proofs);

if (options.check && after !== before) problems.push(`${FILE}: it is out of date; run npm run conformance`);
if (!options.check) writeFileSync(join(root, FILE), after);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Runs the tests that have an id in their name. */
function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const file = join(folder, 'results.json');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  try {
    const report = ['--json', `--outputFile=${file}`, '--testLocationInResults'];
    spawnSync(process.execPath, [...flags, '-t', `\\[${NAME}\\]`, ...report], { cwd: root });
    return readResults(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readResults(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Returns the names of the tests for each id. The first row of an `it.each()` represents all rows. */
function proofsOf({ testResults, numRuntimeErrorTestSuites }) {
  const found = new Map();
  if (numRuntimeErrorTestSuites > 0) problems.push(`${numRuntimeErrorTestSuites} test files cannot run`);
  for (const { name: file, assertionResults } of testResults) {
    const names = new Map();
    for (const { fullName, title, status, location } of assertionResults) {
      const ids = [...fullName.matchAll(ID)].map(([, id]) => id);
      if (ids.length > 0 && status === 'failed') problems.push(`${fullName} fails`);
      if (ids.length === 0 || status !== 'passed') continue;
      const test = location === null ? title : `${location.line}:${location.column}`;
      if (!names.has(test)) names.set(test, `${basename(file, '.ts')} › ${escapeCell(title.replaceAll(ID, ''))}`);
      for (const id of ids) found.set(id, (found.get(id) ?? new Set()).add(names.get(test)));
    }
  }
  return found;
}

/** Returns a string in the form of a table cell. */
function escapeCell(text) {
  return text
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_|[\]<>]/g, '\\$&');
}

/** Returns the document with the tests in its rows. */
function fill(text, found) {
  const rows = new Set();
  const lines = text.split('\n').map((line) => {
    const [, id = '', ...cells] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (!new RegExp(`^${NAME}$`).test(id)) return line;
    if (rows.has(id)) problems.push(`${id} is in the table twice`);
    rows.add(id);
    const [requirement, section, proof] = cells;
    const tests = [...(found.get(id) ?? [])].toSorted((one, other) => (one < other ? -1 : 1)).join('<br>');
    const reason = proof.startsWith('—') ? proof : '';
    if (tests === '' && reason === '') problems.push(`${id} has neither a test that passes nor a reason`);
    return `| ${id} | ${requirement} | ${section} | ${tests || reason} |`;
  });
  for (const id of found.keys()) {
    if (!rows.has(id)) problems.push(`[${id}] is in the name of a test but not in ${FILE}`);
  }
  return lines.join('\n');
}
