import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** Returns the message for an optional package that is not installed. */
export function missing(library: string): string {
  return `needs a package that is not installed; run npm install ${library}`;
}

/** The packages that were found. A package does not disappear while the process runs. */
const found = new Set<string>();

/** Returns `true` if an optional package is installed. */
export function isInstalled(library: string): boolean {
  if (found.has(library)) return true;
  try {
    resolve(library);
    found.add(library);
    return true;
  } catch {
    return false;
  }
}
