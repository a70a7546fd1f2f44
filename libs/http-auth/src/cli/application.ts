import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { isClass } from '../guard/policies.js';
import { CliError } from './cli.error.js';

/** The platforms and their adapters, in the order in which Nest looks for them. */
const PLATFORMS = {
  '@nestjs/platform-express': 'ExpressAdapter',
  '@nestjs/platform-fastify': 'FastifyAdapter',
} as const;

/**
 * Creates the application of a built module. The application does not listen, and its lifecycle hooks do not run.
 *
 * @param target the file of a root module, or of a function that returns the application; `#name` selects an export
 * @param cwd the folder that `target` is relative to
 * @throws CliError if the file or the export does not exist, or if the application cannot be created
 */
async function createApplication(target: string, cwd: string): Promise<INestApplicationContext> {
  const [path = '', name] = target.split('#', 2);
  const file = resolve(cwd, path);
  if (!existsSync(file)) throw new CliError(`${path}: the file does not exist; build the application first`);
  try {
    const root = pick((await import(pathToFileURL(file).href)) as Record<string, unknown>, path, name);
    if (!isClass(root)) return (await root()) as INestApplicationContext;
    return await NestFactory.create(root, await adapterFor(file), { logger: false, abortOnError: false });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${path}: the application cannot be created: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Creates the application of a built module, and returns a provider of `AuthModule`.
 *
 * @throws CliError as {@link createApplication} does, or if the application does not import `AuthModule`
 */
export async function providerOf<T>(type: Type<T>, target: string, cwd: string): Promise<T> {
  const app = await createApplication(target, cwd);
  try {
    return app.get(type);
  } catch {
    throw new CliError(
      `${target}: the application does not import AuthModule; add AuthModule.forRoot() to its imports`,
    );
  }
}

type Root = Type | (() => unknown);

/** Returns the named export. Without a name, returns `AppModule`, the default export, or the only class. */
function pick(exports: Record<string, unknown>, path: string, name: string | undefined): Root {
  const roots = new Map(
    Object.entries(exports).filter((entry): entry is [string, Root] => typeof entry[1] === 'function'),
  );
  if (name !== undefined) {
    const root = roots.get(name);
    if (root === undefined)
      throw new CliError(`${path}: "${name}" is not an exported module or function; check the name after #`);
    return root;
  }
  const [only, ...others] = [...roots.values()].filter(isClass);
  const root = roots.get('AppModule') ?? roots.get('default') ?? (others.length === 0 ? only : undefined);
  if (root !== undefined) return root;
  throw new CliError(`${path}: it is unclear which export is the root module; name it, as in ${path}#AppModule`);
}

/** Creates the adapter of the first platform that can be resolved from the application's file. */
async function adapterFor(file: string): Promise<AbstractHttpAdapter> {
  const { resolve: find } = createRequire(file);
  for (const [platform, adapter] of Object.entries(PLATFORMS)) {
    let entry: string;
    try {
      entry = find(platform);
    } catch {
      continue;
    }
    const exports = (await import(pathToFileURL(entry).href)) as Record<string, new () => AbstractHttpAdapter>;
    return new (exports[adapter] as new () => AbstractHttpAdapter)();
  }
  throw new CliError(`No Nest platform is installed; install ${Object.keys(PLATFORMS).join(' or ')}`);
}
