import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { CliError } from '../cli.error.js';

/** The maximum size of a file that a person has written, in bytes. */
export const MAX_SIZE = 5_000_000;

/**
 * Reads a file of the application.
 *
 * @param file relative to `cwd`
 * @throws CliError if it cannot be read, if it is too large, or if it is a symbolic link to a file outside of the folder
 */
export function readSource(cwd: string, file: string): string {
  const path = resolve(cwd, file);
  const refuse = (problem: string, cause?: unknown): never => {
    throw new CliError(`${file}: ${problem}`, { cause });
  };
  try {
    const real = relative(realpathSync(cwd), realpathSync(path));
    // A link may lead anywhere. If the path itself is outside, the user has named it.
    if (isOutside(real) && !isOutside(relative(cwd, path))) {
      return refuse('it is a link to a file outside of this folder; run the command in the folder of that file');
    }
    const stats = statSync(path);
    if (!stats.isFile()) return refuse('it is not a file; remove it, or name another file');
    if (stats.size > MAX_SIZE) return refuse(`it has more than ${MAX_SIZE} bytes; name another file`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    return refuse(`it cannot be read (${(error as NodeJS.ErrnoException).code}); check its permissions`, error);
  }
}

/** Returns `true` if a relative path leaves its folder. On Windows, the path to another drive is absolute. */
export function isOutside(path: string): boolean {
  return isAbsolute(path) || /^\.\.(?:[\\/]|$)/.test(path);
}
