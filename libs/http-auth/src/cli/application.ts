import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { isClass } from '../guard/policies.js';
import { CliError } from './cli.error.js';
import { redactText } from './redact.text.js';
import { Startup } from './startup.js';

/** The platforms and their adapters, in the order in which Nest looks for them. */
const PLATFORMS = {
  '@nestjs/platform-express': 'ExpressAdapter',
  '@nestjs/platform-fastify': 'FastifyAdapter',
} as const;

/** The application does not import `AuthModule`. */
export class MissingModuleError extends CliError {}

/** An application that a command has created. */
export interface CreatedApplication {
  readonly app: INestApplicationContext;
  /**
   * If `true`, the application is as its main file or its function creates it. If `false`, only its root module is known, so the
   * settings of `main.ts` are missing.
   */
  readonly isComplete: boolean;
  /** The options of CORS; `false` if CORS is not enabled. */
  readonly cors: unknown;
}

/**
 * Returns the file of a target.
 *
 * @throws CliError if it does not exist, or if it is not a file
 */
export function fileOf(target: string, cwd: string): string {
  const [path = ''] = target.split('#', 1);
  const file = resolve(cwd, path);
  if (!existsSync(file)) throw new CliError(`${path}: the file does not exist; build the application first`);
  if (!statSync(file).isFile()) throw new CliError(`${path}: it is not a file; name a built file, e.g. dist/main.js`);
  return file;
}

/**
 * Creates the application of a built file. The application does not listen, and its lifecycle hooks do not run.
 *
 * @param target the file of a root module, of a function that returns the application, or the main file; `#name` selects an export
 * @param cwd the folder that `target` is relative to
 * @throws CliError if the file or the export does not exist, or if the application cannot be created
 */
export async function createApplication(target: string, cwd: string): Promise<CreatedApplication> {
  const [path = '', name] = target.split('#', 2);
  const file = fileOf(target, cwd);
  try {
    return await Startup.watch((startup) => create(startup, file, path, name));
  } catch (error) {
    if (error instanceof CliError) throw error;
    if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_UNKNOWN_FILE_EXTENSION' && !/\.[cm]?js$/.test(file)) {
      throw new CliError(
        `${path}: Node.js cannot load this kind of file; build the application, and name the built file, e.g. dist/main.js`,
      );
    }
    const message = redactText(error instanceof Error ? error.message : String(error));
    throw new CliError(`${path}: the application cannot be created: ${message}`, { cause: error });
  }
}

async function create(
  startup: Startup,
  file: string,
  path: string,
  name: string | undefined,
): Promise<CreatedApplication> {
  // A main file that awaits listen() is never loaded completely.
  const exports = await Promise.race([
    import(pathToFileURL(file).href) as Promise<Record<string, unknown>>,
    startup.listening.then(() => undefined),
  ]);
  const functions = Object.values(exports ?? {}).filter((value) => typeof value === 'function');
  if (exports === undefined || (name === undefined && (startup.hasBegun || functions.length === 0))) {
    const app = await startup.listened();
    if (app !== undefined) return { app, isComplete: true, cors: startup.cors };
    throw new CliError(`${path}: it has not called listen() of an application; name the file of the root module`);
  }
  const root = pick(exports, path, name);
  const app = isClass(root)
    ? await NestFactory.create(root, await adapterFor(file))
    : ((await root()) as INestApplicationContext);
  return { app, isComplete: !isClass(root), cors: startup.cors };
}

/**
 * Creates the application of a built file, and returns a provider of `AuthModule`.
 *
 * @throws CliError as {@link createApplication} does, or if the application does not import `AuthModule`
 */
export async function providerOf<T>(type: Type<T>, target: string, cwd: string): Promise<T> {
  const { app } = await createApplication(target, cwd);
  return provided(app, type, target);
}

/**
 * Returns a provider of `AuthModule`.
 *
 * @throws MissingModuleError if the application does not import `AuthModule`
 */
export function provided<T>(app: INestApplicationContext, type: Type<T> | symbol, target: string): T {
  try {
    return app.get<T>(type);
  } catch {
    throw new MissingModuleError(
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
