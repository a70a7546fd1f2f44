import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CliError } from '../cli.error.js';
import { importsAuthModule } from './auth.module.use.js';
import { isOutside, MAX_SIZE, readSource } from './source.file.js';
import type { TypeScript } from './typescript.js';

/** The TypeScript files of an application. */
export interface ApplicationFiles {
  /** The file of the root module, relative to the folder of the application. */
  readonly module: string;
  /** The file that calls `AuthModule.forRoot()` or `forRootAsync()`; `undefined` if there is none. */
  readonly user: string | undefined;
}

/**
 * Finds the root module, and the file that uses `AuthModule`.
 *
 * @param given the option `--module`
 * @throws CliError if the root module does not exist
 */
export function findFiles(ts: TypeScript, cwd: string, given: string | undefined): ApplicationFiles {
  const root = sourceRoot(ts, cwd);
  const module = given === undefined ? join(root, 'app.module.ts') : relative(cwd, resolve(cwd, given));
  if (!existsSync(join(cwd, module))) {
    throw new CliError(
      `${module}: the file does not exist; run the command in the folder of a Nest application, or name the root module with --module <file>`,
    );
  }
  // A workspace has several applications, and the option may name another one.
  const folder = isOutside(relative(root, module)) ? dirname(module) : root;
  const user = [module, ...typescriptFiles(cwd, folder)].find((file) => {
    const text = readSource(cwd, file);
    return text.includes('nestjs-http-auth') && importsAuthModule(ts, text);
  });
  return { module, user };
}

/** Returns the folder of the sources: `sourceRoot` of `nest-cli.json`, or `src`. */
function sourceRoot(ts: TypeScript, cwd: string): string {
  const file = join(cwd, 'nest-cli.json');
  if (!existsSync(file)) return 'src';
  // The Nest CLI accepts comments in this file.
  const { config } = ts.parseConfigFileTextToJson(file, readFileSync(file, 'utf8')) as { config?: unknown };
  const root = (config as { readonly sourceRoot?: unknown } | null | undefined)?.sourceRoot;
  return typeof root === 'string' ? root : 'src';
}

/** Returns the TypeScript files of a folder, without tests and declarations. */
function typescriptFiles(cwd: string, root: string): string[] {
  const folder = join(cwd, root);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = join(root, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : typescriptFiles(cwd, file);
    const isSource = /^(?!.*\.(?:d|spec|e2e-spec|test)\.[mc]?ts$).*\.[mc]?ts$/.test(entry.name);
    return entry.isFile() && isSource && statSync(join(cwd, file)).size <= MAX_SIZE ? [file] : [];
  });
}
