import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** The sentence of an optional package that is not there. */
export function missing(library: string): string {
  return `needs a package that is not installed: npm install ${library}`;
}

/** The packages that were found: nobody takes them away while the process runs. */
const found = new Set<string>();

/** Whether an optional package is installed. */
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
