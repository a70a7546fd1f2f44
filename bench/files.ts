import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Analysis } from './analysis.js';
import { plot } from './plot.js';
import { page } from './report.js';
import type { MicroResults, NamesResults, Results, ScaleResults } from './results.js';

/** The files of results, which are committed, beside the source. */
interface Files {
  'results.json': Results;
  'micro.results.json': MicroResults;
  'scale.results.json': ScaleResults;
  'names.results.json': NamesResults;
}

const folder = fileURLToPath(new URL('..', import.meta.url));
const docs = join(folder, '..', 'docs');

/** What was written; `undefined` where nothing was yet. */
export function readJson<File extends keyof Files>(file: File): Files[File] | undefined {
  const path = join(folder, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Files[File]) : undefined;
}

/** Writes results, a line for each list of numbers, so that they stay readable. */
export function writeJson<File extends keyof Files>(file: File, value: Files[File]): void {
  const text = JSON.stringify(value, null, 1).replaceAll(/\[[\s\d.,]*\]/g, (list) => list.replaceAll(/\s+/g, ''));
  writeFileSync(join(folder, file), `${text}\n`);
}

/** Writes the page and its plots. */
export function writeReport(results: Results, analysis: Analysis): void {
  const micro = readJson('micro.results.json');
  const scale = readJson('scale.results.json');
  const names = readJson('names.results.json');
  mkdirSync(join(docs, 'benchmarks'), { recursive: true });
  writeFileSync(join(docs, 'benchmarks.md'), page(results.environment, analysis, micro, scale, names));
  for (const adapter of ['express', 'fastify'] as const) {
    writeFileSync(join(docs, 'benchmarks', `${adapter}.svg`), plot(adapter, analysis));
  }
}
