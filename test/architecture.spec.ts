import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../libs/http-auth/src', import.meta.url));

/** The folders in order. Each folder may import itself and the folders before it. */
const order = [
  'http',
  'common',
  'jose',
  'limits',
  'schemes',
  'passwords',
  'tokens',
  'response',
  'events',
  'guard',
  'door',
  'routes',
  'logout',
  'graphql',
  'websockets',
  'sse',
  'tickets',
  'rpc',
  'resource',
  'openapi',
  'opentelemetry',
  'cli',
  'testing',
];

interface Import {
  from: string;
  to: string;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'),
);

const imports: Import[] = files.flatMap((from) => {
  const source = readFileSync(join(root, from), 'utf8');
  return [...source.matchAll(/(?:from|import) '(\.[^']+)'/g)].map(([, path = '']) => ({
    from,
    to: relative(root, resolve(root, dirname(from), path)),
  }));
});

/** Folders with verifiers, which applications import as they need them. */
const verifierFolders = ['passwords', 'tokens'];

/** The entries that use verifiers. */
const verifierUsers = ['cli', 'logout'];

const folderOf = (file: string) => file.split('/')[0] as string;
const verifierOf = (file: string) => /^tokens\/([^/.]+)\//.exec(file)?.[1];
const schemeOf = (file: string) => /^schemes\/([^/.]+)\//.exec(file)?.[1];

describe('The source of the library', () => {
  it('has more than 50 relative imports, so the tests below check something', () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it('imports a folder only from itself and from later folders in the order', () => {
    const wrong = imports.filter(
      ({ from, to }) => order.includes(folderOf(from)) && order.indexOf(folderOf(to)) > order.indexOf(folderOf(from)),
    );
    expect(wrong).toEqual([]);
  });

  it.each(verifierFolders)('imports %s/ only from cli/ and logout/', (folder) => {
    const users = imports.filter(({ from, to }) => folderOf(to) === folder && folderOf(from) !== folder);
    expect(users.filter(({ from }) => !verifierUsers.includes(folderOf(from)))).toEqual([]);
  });

  it('does not import one token verifier from another', () => {
    const between = imports.filter(({ from, to }) => verifierOf(from) !== undefined && verifierOf(to) !== undefined);
    expect(between.filter(({ from, to }) => verifierOf(from) !== verifierOf(to))).toEqual([]);
  });

  it('does not import the files at the top from a folder', () => {
    expect(imports.filter(({ from, to }) => from.includes('/') && !to.includes('/'))).toEqual([]);
  });

  it('does not import one scheme from another, except from passport/', () => {
    const between = imports.filter(({ from, to }) => schemeOf(from) !== undefined && schemeOf(to) !== undefined);
    const wrong = between.filter(({ from, to }) => schemeOf(from) !== schemeOf(to) && schemeOf(from) !== 'passport');
    expect(wrong).toEqual([]);
  });

  it('imports a scheme only from schemes and from the files at the top', () => {
    const users = imports.filter(({ from, to }) => schemeOf(to) !== undefined && schemeOf(from) === undefined);
    expect(users.filter(({ from }) => from.includes('/'))).toEqual([]);
  });

  it('imports only types from packages in http/', () => {
    const foreign = files
      .filter((file) => folderOf(file) === 'http')
      .flatMap((file) => [
        ...readFileSync(join(root, file), 'utf8').matchAll(/^import (?!type).* from '([^.][^']*)'/gm),
      ]);
    expect(foreign).toEqual([]);
  });
});
