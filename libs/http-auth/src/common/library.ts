import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Returns the message for an optional package that is not installed. */
export function missing(library: string): string {
  return `needs a package that is not installed; run npm install ${library}`;
}

/** Returns the error for an optional package that `import()` cannot load. */
export function cannotLoad(library: string, cause: unknown): Error {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  // Jest without flags cannot load ES modules, although the package is there.
  const fix = isMissing
    ? `run npm install ${library}`
    : 'the cause says why; for Jest, see the page about Nest 11 and 12';
  return new Error(`${library}: the package cannot be loaded; ${fix}`, { cause });
}

/** The packages that were found. A package does not disappear while the process runs. */
const found = new Set<string>();

/**
 * Returns `false` if an optional package is not installed. In a bundle it returns `true`, because the package may be a part of
 * the bundle; there, the first use of a missing package fails.
 */
export function isInstalled(library: string): boolean {
  if (found.has(library)) return true;
  const file = ownFile(import.meta.url);
  try {
    if (file !== undefined) createRequire(file).resolve(library);
    found.add(library);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the path of this file. Returns `undefined` in a bundle: there, the URL is missing, or it names the bundle, or it names
 * a file of the machine that made the bundle.
 */
export function ownFile(url: string | undefined): string | undefined {
  if (url === undefined || !/[\\/]common[\\/]library\.[jt]s$/.test(url)) return undefined;
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  return existsSync(file) ? file : undefined;
}
