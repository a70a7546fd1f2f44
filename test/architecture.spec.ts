import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../libs/http-auth/src', import.meta.url));

/** The folders in their order: each may import those before it, and itself. */
const order = [
  'http',
  'common',
  'lockout',
  'schemes',
  'passwords',
  'tokens',
  'response',
  'events',
  'guard',
  'door',
  'routes',
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

/** Folders whose functions applications choose. Only the command imports them. */
const rooms = ['passwords', 'tokens'];

const folderOf = (file: string) => file.split('/')[0] as string;
const verifierOf = (file: string) => /^tokens\/([^/.]+)\//.exec(file)?.[1];
const schemeOf = (file: string) => /^schemes\/([^/.]+)\//.exec(file)?.[1];

describe('The imports of the library', () => {
  it('are there to be read', () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it('go one way, in this order', () => {
    const wrong = imports.filter(
      ({ from, to }) => order.includes(folderOf(from)) && order.indexOf(folderOf(to)) > order.indexOf(folderOf(from)),
    );
    expect(wrong).toEqual([]);
  });

  it.each(rooms)('import %s/, which applications choose, from the command only', (room) => {
    const users = imports.filter(({ from, to }) => folderOf(to) === room && folderOf(from) !== room);
    expect(users.filter(({ from }) => folderOf(from) !== 'cli')).toEqual([]);
  });

  it('never lead from one verifier of tokens to another', () => {
    const between = imports.filter(({ from, to }) => verifierOf(from) !== undefined && verifierOf(to) !== undefined);
    expect(between.filter(({ from, to }) => verifierOf(from) !== verifierOf(to))).toEqual([]);
  });

  it('never leave a folder for the files above it', () => {
    expect(imports.filter(({ from, to }) => from.includes('/') && !to.includes('/'))).toEqual([]);
  });

  it('never lead from one scheme to another, except from the adapter passport/', () => {
    const between = imports.filter(({ from, to }) => schemeOf(from) !== undefined && schemeOf(to) !== undefined);
    const wrong = between.filter(({ from, to }) => schemeOf(from) !== schemeOf(to) && schemeOf(from) !== 'passport');
    expect(wrong).toEqual([]);
  });

  it('lead to a scheme from the files at the top only', () => {
    const users = imports.filter(({ from, to }) => schemeOf(to) !== undefined && schemeOf(from) === undefined);
    expect(users.filter(({ from }) => from.includes('/'))).toEqual([]);
  });

  it('in http/ lead to http/ only', () => {
    const foreign = files
      .filter((file) => folderOf(file) === 'http')
      .flatMap((file) => [
        ...readFileSync(join(root, file), 'utf8').matchAll(/^import (?!type).* from '([^.][^']*)'/gm),
      ]);
    expect(foreign).toEqual([]);
  });
});
