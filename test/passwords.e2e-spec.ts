import { copyFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import { AuthConfigurationError, AuthModule, basic, CurrentUser, type HttpRequest } from 'nestjs-http-auth';
import { htpasswd, password, passwords, type PasswordVerifier, users } from 'nestjs-http-auth/passwords';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import { algorithms, builder, wonderland } from './support/passwords.js';

@Controller()
class MeController {
  @Get()
  me(@CurrentUser() user: unknown) {
    return user;
  }
}

const request = { method: 'GET', url: '/', headers: {} } satisfies HttpRequest;
const fixture = fileURLToPath(new URL('fixtures/apache.htpasswd', import.meta.url));

let folder: string;
let log: RecordingLogger;
const file = () => join(folder, 'users.htpasswd');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-passwords-'));
  log = new RecordingLogger();
  Logger.overrideLogger(log);
});

afterEach(() => {
  jest.restoreAllMocks();
  Logger.overrideLogger(false);
  rmSync(folder, { recursive: true });
});

/** Who is admitted. */
async function admitted<Principal>(
  verifier: PasswordVerifier<Principal>,
  username: string,
  given = 'wonder:land',
): Promise<Principal | null> {
  return verifier({ username, password: given }, request);
}

/** Has more than a second go by whenever the time is asked for, so that the file is looked at for every request. */
function hurry() {
  let now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 1001));
}

describe.each(adapters)('Stored passwords on %s', (_, adapter) => {
  const application = (verifier: PasswordVerifier<unknown>) =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verifier)] })],
      controllers: [MeController],
    });

  it.each(algorithms)('are judged by users(), hashed by %s', async (algorithm) => {
    const app = await application(users({ alice: wonderland[algorithm], bob: builder[algorithm] }));
    const as = (name: string, given: string) => send(app, '/', { headers: basicAuthorization(name, given) });
    const answer = await as('alice', 'wonder:land');
    expect([answer.status, answer.json()]).toEqual([200, { name: 'alice' }]);
    for (const [name, given] of [
      ['alice', 'builder'],
      ['alice', ''],
      ['mallory', 'wonder:land'],
      ['__proto__', 'wonder:land'],
    ] as const) {
      expect(await as(name, given)).toMatchObject({
        status: 401,
        challenges: ['Basic realm="Staging", charset="UTF-8"'],
      });
    }
  });

  it('are judged by htpasswd()', async () => {
    const app = await application(htpasswd(fixture));
    const headers = basicAuthorization('ju\u0308rgen', 'grün€😀');
    expect((await send(app, '/', { headers })).json()).toEqual({ name: 'jürgen' });
    expect(await send(app, '/', { headers: basicAuthorization('bcrypt', 'wonder') })).toMatchObject({ status: 401 });
  });

  it('are judged by passwords()', async () => {
    const app = await application(
      passwords((name) => Promise.resolve(name === 'alice' ? { hash: wonderland.bcrypt, principal: { id: 1 } } : null)),
    );
    const headers = basicAuthorization('alice', 'wonder:land');
    expect((await send(app, '/', { headers })).json()).toEqual({ id: 1 });
    expect(await send(app, '/', { headers: basicAuthorization('bob', 'wonder:land') })).toMatchObject({ status: 401 });
  });
});

describe('users()', () => {
  it.each([
    ['alice', 'wonder:land', /^users\(\): the password of "alice" is plain text: make a hash/],
    ['bob', '$2b$10$tooShort', /^users\(\): the password of "bob" is a bcrypt hash that is malformed/],
  ])('[B-9] names the user %s whose hash is none, and does not show it', (name, hash, sentence) => {
    const make = () => users({ carol: wonderland.bcrypt, [name]: hash });
    expect(make).toThrow(AuthConfigurationError);
    expect(make).toThrow(sentence);
    expect(make).not.toThrow(hash);
  });

  it('takes plain text where it is told to, but no malformed hash', async () => {
    const verifier = users({ alice: 'wonder:land', bob: builder.bcrypt }, { plainText: true });
    expect(await admitted(verifier, 'alice')).toEqual({ name: 'alice' });
    expect(await admitted(verifier, 'alice', 'wonder')).toBeNull();
    expect(await admitted(verifier, 'bob', 'builder')).toEqual({ name: 'bob' });
    expect(await admitted(verifier, 'mallory')).toBeNull();
    expect(() => users({ alice: '$2b$10$tooShort' }, { plainText: true })).toThrow(/malformed/);
  });

  it('refuses two spellings of one name, and options that cannot be meant', () => {
    expect(() => users({ 'j\u00fc': wonderland.bcrypt, 'ju\u0308': wonderland.bcrypt })).toThrow(/twice/);
    expect(() => users({}, { cache: { ttl: -1 } })).toThrow(/^users\(\): cache\.ttl/);
  });

  it('admits nobody where there is nobody', async () => {
    expect(await admitted(users({}), 'alice')).toBeNull();
  });
});

describe('passwords()', () => {
  it('refuses at once who is removed or has another password, whatever is remembered', async () => {
    const store = new Map([['alice', { hash: wonderland.scrypt, principal: 'Alice' }]]);
    const verifier = passwords((name) => store.get(name));
    expect(await admitted(verifier, 'alice')).toBe('Alice');
    store.set('alice', { hash: builder.scrypt, principal: 'Alice' });
    expect(await admitted(verifier, 'alice')).toBeNull();
    expect(await admitted(verifier, 'alice', 'builder')).toBe('Alice');
    store.delete('alice');
    expect(await admitted(verifier, 'alice', 'builder')).toBeNull();
  });

  it('says whose hash is none, and does not show it', async () => {
    const verifier = passwords(() => ({ hash: 'secret', principal: 1 }));
    await expect(admitted(verifier, 'alice')).rejects.toThrow(/^passwords\(\): the password of "alice" is plain text/);
    const without = passwords(() => ({ principal: 1 }) as never);
    await expect(admitted(without, 'alice')).rejects.toThrow(/^passwords\(\): the password of "alice" is/);
    expect(() => passwords(() => null, { decoy: 'secret' })).toThrow(/^passwords\(\): the decoy is plain text/);
  });

  it('has a better hash stored, once for logins at the same time', async () => {
    const store = new Map([['alice', wonderland.bcrypt]]);
    const onRehash = jest.fn((name: string, hash: string) => void store.set(name, hash));
    const find = (name: string) => ({ hash: store.get(name) ?? '', principal: name });
    const verifier = passwords(find, { onRehash, cache: false });
    expect(await admitted(verifier, 'alice', 'wonder')).toBeNull();
    expect(await Promise.all([admitted(verifier, 'alice'), admitted(verifier, 'alice')])).toEqual(['alice', 'alice']);
    while (onRehash.mock.calls.length === 0) await setTimeout(5);
    expect(password.needsRehash(store.get('alice') ?? '')).toBe(false);
    expect(await admitted(verifier, 'alice')).toBe('alice');
    expect(await password.verify('wonder:land', store.get('alice') ?? '')).toBe(true);
    expect(onRehash).toHaveBeenCalledTimes(1);
  });

  it('fails no login for a better hash that cannot be stored', async () => {
    let given = '';
    const onRehash = (_name: string, hash: string) => {
      given = hash;
      return Promise.reject(new Error(`no room for ${hash} of wonder:land`));
    };
    const verifier = passwords(() => ({ hash: wonderland.bcrypt, principal: 1 }), { onRehash });
    expect(await admitted(verifier, 'alice')).toBe(1);
    while (log.text() === '') await setTimeout(5);
    expect(log.text()).toContain('A better hash could not be stored');
    expect(log.text()).toContain('no room for [redacted] of [redacted]');
    expect(log.text()).not.toContain(given);
  });

  it('refuses options that cannot be meant', () => {
    const onRehash = () => undefined;
    const make = () => passwords(() => null, { onRehash, rehash: { algorithm: 'bcrypt', cost: 4 } });
    expect(make).toThrow('passwords(): rehash: cost must be 10 to 31');
  });
});

describe('htpasswd()', () => {
  it.each(['bcrypt', 'apr1', 'sha', 'sha256', 'sha512'])('reads what Apache’s htpasswd writes: %s', async (name) => {
    const verifier = htpasswd(fixture);
    expect(await admitted(verifier, name)).toEqual({ name });
    expect(await admitted(verifier, name, 'wonder')).toBeNull();
    expect(await admitted(verifier, name, 'wonder:land ')).toBeNull();
    expect(log.text()).toBe('');
  });

  it.each(['5', '6', 'apr1'])('reads what OpenSSL writes, for passwords of all lengths: %s', async (kind) => {
    const verifier = htpasswd(fixture);
    for (const length of [1, 15, 16, 31, 32, 33, 63, 64, 65, 128]) {
      const name = `x${length}-${kind}`;
      expect(await admitted(verifier, name, 'x'.repeat(length))).toEqual({ name });
      expect(await admitted(verifier, name, 'x'.repeat(length + 1))).toBeNull();
    }
  });

  it('says at the boot that there is no file', () => {
    expect(() => htpasswd(file())).toThrow(AuthConfigurationError);
    expect(() => htpasswd(file())).toThrow(/^htpasswd\(\): .*users\.htpasswd cannot be read \(ENOENT\): create it/);
  });

  it('[B-9] leaves out broken lines, says which, and does not show them', async () => {
    const lines = [
      '\ufeff# staff',
      '',
      `alice:${wonderland.bcrypt}`,
      'nonsense-without',
      'bob:secret-in-plain',
      'carol:hphnvf4VLJUfo',
      `alice:${builder.bcrypt}`,
      'dave:$2y$05$broken-one',
      `erin:${builder.bcrypt}:of the cellar`,
    ];
    writeFileSync(file(), lines.join('\r\n'));
    const verifier = htpasswd(file());
    expect(await admitted(verifier, 'alice')).toEqual({ name: 'alice' });
    expect(await admitted(verifier, 'alice', 'builder')).toBeNull();
    expect(await admitted(verifier, 'erin', 'builder')).toEqual({ name: 'erin' });
    expect(await admitted(verifier, 'bob', 'secret-in-plain')).toBeNull();
    const text = log.text();
    expect([...text.matchAll(/line (\d+) is left out/g)].map(([, line]) => line)).toEqual(['4', '5', '6', '7', '8']);
    expect(text).toMatch(/line 6 is left out: its password is a DES crypt hash/);
    expect(text).not.toMatch(/nonsense|secret-in-plain|hphnvf4VLJUfo|broken-one|alice|bob/);
  });

  it('reads the file again when it has changed, even to one of its size and time, and forgets who is not in it', async () => {
    writeFileSync(file(), `alice:${wonderland.bcrypt}\n`);
    const at = new Date('2026-01-01T00:00:00Z');
    utimesSync(file(), at, at);
    const verifier = htpasswd(file());
    expect(await admitted(verifier, 'alice')).toEqual({ name: 'alice' });

    writeFileSync(join(folder, 'new'), `carol:${wonderland.bcrypt}\n`);
    utimesSync(join(folder, 'new'), at, at);
    renameSync(join(folder, 'new'), file());
    expect(await admitted(verifier, 'alice')).toEqual({ name: 'alice' });
    hurry();
    expect(await Promise.all([admitted(verifier, 'alice'), admitted(verifier, 'carol')])).toEqual([
      null,
      { name: 'carol' },
    ]);
  });

  it('keeps its last users where the file vanishes, says so once, and reads it when it is there again', async () => {
    copyFileSync(fixture, file());
    const verifier = htpasswd(file());
    rmSync(file());
    hurry();
    for (let time = 0; time < 3; time++) expect(await admitted(verifier, 'sha')).toEqual({ name: 'sha' });
    expect(log.text().match(/cannot be read \(ENOENT\): its last users are kept/g)).toHaveLength(1);
    writeFileSync(file(), `alice:${wonderland.bcrypt}\n`);
    expect(await admitted(verifier, 'alice')).toEqual({ name: 'alice' });
    expect(await admitted(verifier, 'sha')).toBeNull();
  });
});
