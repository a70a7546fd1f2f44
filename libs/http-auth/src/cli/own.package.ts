import { readFileSync } from 'node:fs';

/** The parts of our `package.json` that commands use. */
export interface OwnPackage {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly engines: { readonly node: string };
}

/** The folder of this package. */
export const OWN_FOLDER = new URL('../../', import.meta.url);

/** Reads our `package.json`. The path is the same in `src/` and in `dist/`. */
export function ownPackage(): OwnPackage {
  return JSON.parse(readFileSync(new URL('package.json', OWN_FOLDER), 'utf8')) as OwnPackage;
}
