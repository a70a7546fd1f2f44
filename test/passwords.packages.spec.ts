import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HttpRequest } from 'nestjs-http-auth';
import * as realLibrary from '../libs/http-auth/src/common/library.js';
import { RecordingLogger } from './support/logger.js';
import { wonderland } from './support/passwords.js';

const absent = new Set<string>();
jest.unstable_mockModule('../libs/http-auth/src/common/library.js', () => ({
  ...realLibrary,
  isInstalled: (library: string) => !absent.has(library),
}));
const { htpasswd, users } = await import('nestjs-http-auth/passwords');

const request = { method: 'GET', url: '/', headers: {} } satisfies HttpRequest;
let folder: string;
let log: RecordingLogger;
const file = () => join(folder, 'users.htpasswd');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-packages-'));
  log = new RecordingLogger();
  Logger.overrideLogger(log);
});

afterEach(() => {
  absent.clear();
  jest.restoreAllMocks();
  Logger.overrideLogger(false);
  rmSync(folder, { recursive: true });
});

describe('If the package for a hash is not installed', () => {
  const packages = [
    ['@node-rs/argon2', 'an argon2id hash', wonderland.argon2id],
    ['@node-rs/bcrypt', 'a bcrypt hash', wonderland.bcrypt],
  ] as const;

  it.each(packages)('users() stops startup: %s', (library, format, hash) => {
    absent.add(library);
    const make = () => users({ alice: hash });
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_PASSWORD_HASH' }));
    expect(make).toThrow(
      `users(): the password of "alice" is ${format}, which needs a package that is not installed; run npm install ${library}`,
    );
  });

  it.each(packages)(
    'htpasswd() stops startup, and names the line, the user and the package: %s',
    (library, format, hash) => {
      absent.add(library);
      writeFileSync(file(), `# staff\nbob:${wonderland.scrypt}\nalice:${hash}\n`);
      const make = () => htpasswd(file());
      expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_PASSWORD_HASH' }));
      expect(make).toThrow(
        `htpasswd(): line 3 of ${file()}: the password of "alice" is ${format}, which needs a package that is not installed; run npm install ${library}`,
      );
      expect(make).not.toThrow(hash);
      expect(log.text()).not.toContain(hash);
    },
  );

  it('htpasswd() skips a malformed hash', () => {
    absent.add('@node-rs/bcrypt');
    writeFileSync(file(), 'alice:$2b$10$tooShort\n');
    htpasswd(file());
    expect(log.text()).toMatch(/line 1 is skipped: its password is a bcrypt hash that is malformed/);
  });

  it('htpasswd() skips the line if it was added after startup', async () => {
    absent.add('@node-rs/bcrypt');
    writeFileSync(file(), `bob:${wonderland.scrypt}\n`);
    const verify = htpasswd(file());
    let now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 1001));
    appendFileSync(file(), `alice:${wonderland.bcrypt}\n`);
    const login = (username: string) => verify({ username, password: 'wonder:land' }, request);
    expect(await login('bob')).toEqual({ name: 'bob' });
    await expect(login('alice')).rejects.toMatchObject({ failure: { reason: 'invalid' } });
    expect(log.text()).toMatch(/line 2 is skipped: its password is a bcrypt hash, which needs a package/);
    expect(log.text()).not.toContain(wonderland.bcrypt);
  });
});
