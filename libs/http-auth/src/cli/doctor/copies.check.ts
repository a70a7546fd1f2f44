import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWN_FOLDER, ownPackage } from '../own.package.js';
import type { Check, Files, Finding } from './check.js';
import { folderOf } from './installed.js';

/** The packages whose classes must exist once, because dependency injection compares them. */
const SINGLE = ['@nestjs/common', '@nestjs/core'];

/** The copies of the library, and of Nest. */
export const copies: Check<Files> = {
  name: 'copies',
  run({ file }) {
    const { name } = ownPackage();
    const own = realpathSync(fileURLToPath(OWN_FOLDER));
    const used = folderOf(name, file);
    if (used === undefined) {
      return [{ level: 'FAIL', message: `${name} is not installed`, fix: `install it: npm install ${name} passport` }];
    }
    const found = [used, own, ...nested(name, file)];
    const findings = [several(name, found)];
    for (const one of SINGLE) {
      const folders = [folderOf(one, file), folderOf(one, new URL('package.json', OWN_FOLDER)), ...nested(one, file)];
      findings.push(several(one, folders));
    }
    const wrong = findings.filter((finding) => finding !== undefined);
    return wrong.length > 0 ? wrong : [{ level: 'OK', message: `${name} and Nest are installed once` }];
  },
};

function several(name: string, folders: readonly (string | undefined)[]): Finding | undefined {
  const distinct = [...new Set(folders.filter((folder) => folder !== undefined))];
  if (distinct.length < 2) return undefined;
  return {
    level: 'FAIL',
    message: `${name} is installed ${distinct.length} times: ${distinct.join(', ')}; the copies do not know each other`,
    fix: `install one version, e.g. npm dedupe, and run the command with npx in the folder of the application`,
  };
}

/** Returns the copies that packages of the application have in their own `node_modules`. */
function nested(name: string, file: string): string[] {
  const roots = (createRequire(file).resolve.paths(name) ?? []).filter((folder) => existsSync(folder));
  return roots
    .flatMap((root) => [...packagesIn(root), ...packagesIn(join(root, '.pnpm'))])
    .map((folder) => join(folder, 'node_modules', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => realpathSync(folder));
}

/** Returns the folders of packages, also of those with a scope. */
function packagesIn(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) =>
    name.startsWith('@') && !name.includes('+')
      ? readdirSync(join(root, name)).map((inner) => join(root, name, inner))
      : [join(root, name)],
  );
}
