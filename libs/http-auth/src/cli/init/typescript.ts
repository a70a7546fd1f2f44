import { createRequire } from 'node:module';
import { join } from 'node:path';
import type ts from 'typescript';
import { CliError } from '../cli.error.js';

/** The API of the TypeScript compiler. */
export type TypeScript = typeof ts;

/**
 * Loads the TypeScript compiler of the application. The library has no own copy, because only this command needs one.
 *
 * @throws CliError if the application has none, or if its version has no API
 */
export function typescriptOf(cwd: string): TypeScript {
  let loaded: Partial<TypeScript>;
  try {
    loaded = createRequire(join(cwd, 'package.json'))('typescript') as Partial<TypeScript>;
  } catch (cause) {
    throw new CliError(
      'nestjs-http-auth init: the application has no package "typescript", which edits the module; run npm install --save-dev typescript',
      { cause },
    );
  }
  if (typeof loaded.createSourceFile === 'function' && typeof loaded.transpileModule === 'function') {
    return loaded as TypeScript;
  }
  throw new CliError(
    `nestjs-http-auth init: TypeScript ${String(loaded.version)} has no API to edit the module; install TypeScript 5 or 6, or add AuthModule.forRoot() to the imports yourself`,
  );
}
