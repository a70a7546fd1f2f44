import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Returns the folder of a package as a file finds it, or `undefined` if it is not installed. It does not use the `exports` of the
 * package, because many packages do not export their `package.json`.
 */
export function folderOf(name: string, file: string | URL): string | undefined {
  const folders = createRequire(file).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
  return found && realpathSync(found);
}

/** Returns the version of a package as a file finds it, or `undefined` if it is not installed. */
export function versionOf(name: string, file: string): string | undefined {
  const folder = folderOf(name, file);
  if (folder === undefined) return undefined;
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version?: string }).version;
}
