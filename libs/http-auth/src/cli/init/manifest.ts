import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli.error.js';
import { ownPackage } from '../own.package.js';
import { readSource } from './source.file.js';

/** The fields of `package.json` with packages. */
const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

/** The `package.json` of an application. */
export interface Manifest {
  readonly name: string | undefined;
  /** The content of the file. */
  readonly text: string;
  /** The content with the missing packages; the same content if it has all of them. */
  readonly complete: string;
}

/**
 * Reads `package.json`, and adds the packages that are missing.
 *
 * @throws CliError if the file does not exist, is not valid JSON, or has invalid dependencies
 */
export function readManifest(cwd: string): Manifest {
  const file = join(cwd, 'package.json');
  if (!existsSync(file)) {
    throw new CliError('package.json: the file does not exist; run the command in the folder of a Nest application');
  }
  const text = readSource(cwd, 'package.json');
  const content = parse(text);
  const { name } = content;
  return { name: typeof name === 'string' ? name : undefined, text, complete: complete(text, content) };
}

function parse(text: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new CliError('package.json: it is not valid JSON; correct it first');
  }
  if (isObject(content)) return content;
  throw new CliError('package.json: it is not an object; correct it first');
}

function complete(text: string, content: Record<string, unknown>): string {
  const known = FIELDS.flatMap((field) => {
    const value = content[field] ?? {};
    if (!isObject(value)) throw new CliError(`package.json: ${field} must be an object; correct it first`);
    return Object.keys(value);
  });
  const missing = Object.entries(needed()).filter(([name]) => !known.includes(name));
  if (missing.length === 0) return text;
  const before = Object.entries((content['dependencies'] ?? {}) as Record<string, unknown>);
  const all = [...before, ...missing];
  const names = before.map(([name]) => name);
  const isSorted = names.join('\n') === names.toSorted().join('\n');
  const dependencies = Object.fromEntries(isSorted ? all.toSorted(([a], [b]) => (a < b ? -1 : 1)) : all);
  const indentation = /^\ufeff?\{\r?\n([\t ]+)/.exec(text)?.[1] ?? '  ';
  const json = JSON.stringify({ ...content, dependencies }, null, indentation);
  const [mark, end] = [/^\ufeff/.exec(text)?.[0] ?? '', /\s*$/.exec(text)?.[0] ?? ''];
  return mark + (text.includes('\r\n') ? json.replaceAll('\n', '\r\n') : json) + end;
}

/** Returns the packages that every application with the module needs, with their ranges. */
function needed(): Record<string, string> {
  const { name, version, peerDependencies } = ownPackage();
  return { [name]: `^${version}`, passport: peerDependencies['passport'] as string };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
