import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** The sentence of an optional package that is not there. */
export function missing(library: string): string {
  return `needs a package that is not installed: npm install ${library}`;
}

/** Whether an optional package is installed. */
export function isInstalled(library: string): boolean {
  try {
    resolve(library);
    return true;
  } catch {
    return false;
  }
}
