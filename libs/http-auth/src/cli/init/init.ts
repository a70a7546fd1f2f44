import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { realmProblem } from '../../http/realm.js';
import { CliError } from '../cli.error.js';
import { findFiles } from './application.files.js';
import { uncommitted } from './git.js';
import { lineChanges } from './line.changes.js';
import { readManifest } from './manifest.js';
import { addAuthModule } from './module.edit.js';
import { BASIC, BEARER, jwtRecipe, type Recipe } from './recipe.js';
import { readSource } from './source.file.js';
import { typescriptOf } from './typescript.js';

const OPTIONS = {
  basic: { type: 'boolean' },
  bearer: { type: 'boolean' },
  jwt: { type: 'boolean' },
  realm: { type: 'string' },
  module: { type: 'string' },
  'dry-run': { type: 'boolean' },
  force: { type: 'boolean' },
} as const;

/** A file with its old and its new text. */
interface Change {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Adds the module to the application of a folder. It writes files only after everything is checked, and does not install packages.
 *
 * @returns the changed files and the next steps
 * @throws CliError if the arguments are invalid, or if a file cannot be edited
 */
export function initCommand(args: readonly string[], cwd: string): string {
  const { recipe, values } = parse(args);
  const { 'dry-run': isDry = false, force = false } = values;
  const manifest = readManifest(cwd);
  const realm = values.realm ?? manifest.name ?? 'Application';
  const problem = realmProblem(realm);
  if (problem !== undefined)
    throw new CliError(`nestjs-http-auth init: realm: ${problem}; choose one with --realm <name>`);
  const ts = typescriptOf(cwd);
  const { module, user } = findFiles(ts, cwd, values.module);
  const text = readSource(cwd, module);
  const changes = [
    {
      file: module,
      before: text,
      after: user === undefined ? addAuthModule(ts, text, module, recipe, realm) : text,
    },
    { file: 'package.json', before: manifest.text, after: manifest.complete },
  ].filter(({ before, after }) => before !== after);
  if (changes.length === 0) {
    return `Nothing to do: ${user} uses AuthModule, and package.json has the packages.`;
  }
  if (!isDry) write(cwd, changes, force);
  const known = user === undefined ? [] : [`KEEP    ${user}: it uses AuthModule`];
  const done = changes.flatMap(({ file, before, after }) =>
    isDry ? [`WOULD UPDATE ${file}`, ...lineChanges(before, after)] : [`UPDATE  ${file}`],
  );
  const next = isDry ? [] : ['', 'Next:', ...numbered(nextSteps(cwd, module, user === undefined ? recipe : undefined))];
  return [...known, ...done, ...next].join('\n');
}

function parse(args: readonly string[]) {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CliError(`nestjs-http-auth init: ${(error as Error).message.split('. ', 1)[0]}; see --help`);
  }
  const { values, positionals } = parsed;
  const chosen = (['basic', 'bearer', 'jwt'] as const).filter((name) => values[name] === true);
  if (chosen.length > 1) {
    throw new CliError('nestjs-http-auth init: --basic, --bearer and --jwt exclude each other; add more schemes later');
  }
  return { values, recipe: recipeOf(chosen[0] ?? 'basic', positionals) };
}

function recipeOf(scheme: 'basic' | 'bearer' | 'jwt', positionals: readonly string[]): Recipe {
  const [issuer, audience, ...more] = positionals;
  if (scheme === 'jwt') {
    if (issuer !== undefined && audience !== undefined && more.length === 0) return jwtRecipe(issuer, audience);
    throw new CliError(
      'nestjs-http-auth init: --jwt needs an issuer and an audience, e.g. --jwt https://login.example https://api.example',
    );
  }
  if (issuer !== undefined) {
    throw new CliError('nestjs-http-auth init: an argument without an option is only for --jwt; see --help');
  }
  return scheme === 'basic' ? BASIC : BEARER;
}

/** Writes all files. If one of them cannot be written, the others get their old content again. */
function write(cwd: string, changes: readonly Change[], force: boolean): void {
  // `npm install` has just changed package.json, and changes it again afterwards.
  const sources = changes.map(({ file }) => file).filter((file) => file !== 'package.json');
  const dirty = force ? [] : uncommitted(cwd, sources);
  if (dirty.length > 0) {
    throw new CliError(
      `${dirty.join(', ')}: there are changes without a commit; commit them first, or use --force to edit the files anyway`,
    );
  }
  const written: Change[] = [];
  try {
    for (const { file } of changes) accessSync(join(cwd, file), constants.W_OK);
    for (const change of changes) {
      written.push(change);
      writeFileSync(join(cwd, change.file), change.after);
    }
  } catch (error) {
    for (const { file, before } of written) writeFileSync(join(cwd, file), before);
    throw new CliError(`nestjs-http-auth init: ${(error as Error).message}; no file was changed`, { cause: error });
  }
}

/** The file of each package manager that locks versions. */
const LOCKS = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
} as const;

function nextSteps(cwd: string, module: string, recipe: Recipe | undefined): string[] {
  const manager = Object.entries(LOCKS).find(([lock]) => existsSync(join(cwd, lock)))?.[1] ?? 'npm';
  return [
    `Install the packages: ${manager} install`,
    ...(recipe === undefined ? [] : [recipe.next.replace('{module}', module)]),
    'Open the routes that need no credentials with @Public(): from now on, all others require credentials',
    `Build the application, and check its set-up: npx nestjs-http-auth doctor ${mainOf(module)}`,
  ];
}

/** Returns the built main file. The Nest CLI builds `apps/shop/src/main.ts` of a workspace as `dist/apps/shop/main.js`. */
function mainOf(module: string): string {
  const [, folder] = /^(.+)\/src\/[^/]+$/.exec(module.replaceAll('\\', '/')) ?? [];
  return folder === undefined ? 'dist/main.js' : `dist/${folder}/main.js`;
}

function numbered(steps: readonly string[]): string[] {
  return steps.map((step, index) => `${index + 1}. ${step}`);
}
