import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { cannotLoad, isInstalled, missing, ownFile } from './library.js';

const url = new URL('library.ts', import.meta.url).href;
const path = fileURLToPath(url);

describe('isInstalled()', () => {
  it.each(['@node-rs/argon2', '@node-rs/bcrypt', 'jose'])('returns true if %s is installed', (library) => {
    expect(isInstalled(library)).toBe(true);
    expect(isInstalled(library)).toBe(true);
  });

  it('returns false if a package is not installed', () => {
    expect(isInstalled('@nestjs/of-no-such-name')).toBe(false);
  });
});

describe('ownFile()', () => {
  it.each([url, path])('returns the path of the file for %s', (location) => {
    expect(ownFile(location)).toBe(path);
  });

  it.each([
    ['the URL is missing', undefined],
    ['the URL names a bundle', import.meta.url],
    ['the URL names a file that does not exist on this machine', 'file:///build/node_modules/x/dist/common/library.js'],
  ])('returns undefined if %s', (_, location) => {
    expect(ownFile(location)).toBeUndefined();
  });
});

describe('The message for an optional package', () => {
  it('names the package if it is not installed', () => {
    expect(missing('@node-rs/bcrypt')).toBe('needs a package that is not installed; run npm install @node-rs/bcrypt');
  });

  it('names the package and the cause if it cannot be loaded', () => {
    const cause = Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
    const message = 'jose: the package cannot be loaded; run npm install jose';
    expect(cannotLoad('jose', cause)).toMatchObject({ message, cause });
  });

  it('does not ask to install a package that is there', () => {
    const cause = new Error('Must use import to load ES Module');
    const message =
      'jose: the package cannot be loaded; the cause says why; for Jest, see the page about Nest 11 and 12';
    expect(cannotLoad('jose', cause)).toMatchObject({ message, cause });
  });
});
