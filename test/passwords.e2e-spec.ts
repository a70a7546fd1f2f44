import { copyFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import {
  AuthConfigurationError,
  AuthModule,
  basic,
  CurrentUser,
  Failure,
  type HttpRequest,
  RefusedException,
} from 'nestjs-http-auth';
import { htpasswd, password, passwords, type PasswordVerifier, users } from 'nestjs-http-auth/passwords';
import { decide } from '../libs/http-auth/src/schemes/decide.js';
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

/** Returns the principal, or `null` if the verifier refuses the credentials. */
async function principalOf<Principal>(
  verifier: PasswordVerifier<Principal>,
  username: string,
  given = 'wonder:land',
): Promise<Principal | null> {
  try {
    return await verifier({ username, password: given }, request);
  } catch (error) {
    if (error instanceof RefusedException) return null;
    throw error;
  }
}

/** Moves the clock on by more than a second each time it is read, so that every request checks the file. */
function speedUpClock() {
  let now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 1001));
}

describe.each(adapters)('Stored passwords on %s', (_, adapter) => {
  const application = (verifier: PasswordVerifier<unknown>) =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic(verifier)] })],
      controllers: [MeController],
    });

  it.each(algorithms)('are verified by users() if they are hashed by %s', async (algorithm) => {
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

  it('are verified by htpasswd()', async () => {
    const app = await application(htpasswd(fixture));
    const headers = basicAuthorization('ju\u0308rgen', 'grün€😀');
    expect((await send(app, '/', { headers })).json()).toEqual({ name: 'jürgen' });
    expect(await send(app, '/', { headers: basicAuthorization('bcrypt', 'wonder') })).toMatchObject({ status: 401 });
  });

  it('are verified by passwords()', async () => {
    const app = await application(
      passwords((name) => Promise.resolve(name === 'alice' ? { hash: wonderland.bcrypt, principal: { id: 1 } } : null)),
    );
    const headers = basicAuthorization('alice', 'wonder:land');
    expect((await send(app, '/', { headers })).json()).toEqual({ id: 1 });
    expect(await send(app, '/', { headers: basicAuthorization('bob', 'wonder:land') })).toMatchObject({ status: 401 });
  });
});

describe('A verifier that the application calls', () => {
  const verifiers = (): [string, PasswordVerifier<unknown>][] => [
    ['users()', users({ alice: wonderland.scrypt })],
    ['passwords()', passwords((name) => (name === 'alice' ? { hash: wonderland.scrypt, principal: { name } } : null))],
    ['htpasswd()', htpasswd(fixture)],
  ];

  it.each(verifiers())(
    'throws a refusal without a secret if the password is wrong or the user unknown: %s',
    async (_, verifier) => {
      for (const username of ['alice', 'sha', 'mallory']) {
        const error: unknown = await verifier({ username, password: 'wonder' }, request).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(RefusedException);
        expect(error).toMatchObject({ status: 401, failure: { reason: 'invalid', scheme: 'Basic', status: 401 } });
        expect(inspect(error, { depth: 10 })).not.toMatch(/wonder|scrypt/);
      }
    },
  );

  it('can be combined with another one by Promise.any()', async () => {
    const [staff, customers] = [users({ alice: wonderland.scrypt }), users({ bob: builder.scrypt })];
    const outcome = (username: string, given: string) =>
      decide({ scheme: 'Basic', secrets: () => [] }, () => {
        const credentials = { username, password: given };
        return Promise.any([staff(credentials, request), customers(credentials, request)]);
      });
    expect(await outcome('alice', 'wonder:land')).toMatchObject({ principal: { name: 'alice' } });
    expect(await outcome('bob', 'builder')).toMatchObject({ principal: { name: 'bob' } });
    expect(await outcome('bob', 'wonder:land')).toEqual(new Failure('invalid', 'Basic'));
  });

  it('refuses a user whose principal is not a value', async () => {
    for (const principal of [null, undefined, false]) {
      expect(
        await principalOf(
          passwords(() => ({ hash: wonderland.scrypt, principal })),
          'alice',
        ),
      ).toBeNull();
    }
  });

  it.each(adapters)('never accepts a wrong password if the application ignores the result: %s', async (_, adapter) => {
    const verify = users({ alice: wonderland.scrypt });
    const app = await start(adapter(), {
      imports: [
        AuthModule.forRoot({
          realm: 'Staging',
          schemes: [basic(async (credentials, asked) => ({ role: 'reader', ...(await verify(credentials, asked)) }))],
        }),
      ],
      controllers: [MeController],
    });
    const as = (given: string) => send(app, '/', { headers: basicAuthorization('alice', given) });
    expect((await as('wonder:land')).json()).toEqual({ role: 'reader', name: 'alice' });
    expect(await as('wonder')).toMatchObject({ status: 401 });
  });
});

describe('users()', () => {
  it.each([
    ['alice', 'wonder:land', /^users\(\): the password of "alice" is plain text; make a hash/],
    ['bob', '$2b$10$tooShort', /^users\(\): the password of "bob" is a bcrypt hash that is malformed/],
  ])('[B-9] names the user %s if the hash is invalid, and does not show the hash', (name, hash, message) => {
    const make = () => users({ carol: wonderland.bcrypt, [name]: hash });
    expect(make).toThrow(AuthConfigurationError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_PASSWORD_HASH' }));
    expect(make).not.toThrow(hash);
  });

  it.each([undefined, null, ''])('names the user if the value is missing: %j', (missing) => {
    for (const options of [{}, { plainText: true }]) {
      const make = () => users({ carol: wonderland.bcrypt, alice: missing as undefined }, options);
      expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_PASSWORD_HASH' }));
      expect(make).toThrow(
        'users(): the hash of "alice" is missing; set the environment variable that it comes from, or remove the user',
      );
    }
  });

  it('names the user if the value is not a string', () => {
    const make = (value: unknown) => () => users({ alice: value as string }, { plainText: true });
    for (const value of [12345, {}, [wonderland.bcrypt], true]) {
      expect(make(value)).toThrow('users(): the hash of "alice" is not a string; pass the hash as a string');
    }
  });

  it('accepts plain text if plainText is true, but no malformed hash', async () => {
    const verifier = users({ alice: 'wonder:land', bob: builder.bcrypt }, { plainText: true });
    expect(await principalOf(verifier, 'alice')).toEqual({ name: 'alice' });
    expect(await principalOf(verifier, 'alice', 'wonder')).toBeNull();
    expect(await principalOf(verifier, 'bob', 'builder')).toEqual({ name: 'bob' });
    expect(await principalOf(verifier, 'mallory')).toBeNull();
    expect(() => users({ alice: '$2b$10$tooShort' }, { plainText: true })).toThrow(/malformed/);
  });

  it('throws if a username has two spellings or an option is invalid', () => {
    expect(() => users({ 'j\u00fc': wonderland.bcrypt, 'ju\u0308': wonderland.bcrypt })).toThrow(/twice/);
    expect(() => users({}, { cache: { ttl: -1 } })).toThrow(/^users\(\): cache\.ttl/);
    expect(() => users({}, { cache: { ttl: -1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_PASSWORD_OPTION' }),
    );
  });

  it('refuses every user if there are no users', async () => {
    expect(await principalOf(users({}), 'alice')).toBeNull();
  });
});

describe('passwords()', () => {
  it('refuses a removed user and an old password immediately, even if they are remembered', async () => {
    const store = new Map([['alice', { hash: wonderland.scrypt, principal: 'Alice' }]]);
    const verifier = passwords((name) => store.get(name));
    expect(await principalOf(verifier, 'alice')).toBe('Alice');
    store.set('alice', { hash: builder.scrypt, principal: 'Alice' });
    expect(await principalOf(verifier, 'alice')).toBeNull();
    expect(await principalOf(verifier, 'alice', 'builder')).toBe('Alice');
    store.delete('alice');
    expect(await principalOf(verifier, 'alice', 'builder')).toBeNull();
  });

  it('names the user if the stored hash is invalid, and does not show the hash', async () => {
    const verifier = passwords(() => ({ hash: 'secret', principal: 1 }));
    await expect(principalOf(verifier, 'alice')).rejects.toThrow(
      /^passwords\(\): the password of "alice" is plain text/,
    );
    const without = passwords(() => ({ principal: 1 }) as never);
    await expect(principalOf(without, 'alice')).rejects.toThrow(/^passwords\(\): the password of "alice" is/);
    await expect(principalOf(verifier, 'alice')).rejects.toMatchObject({ code: 'ERR_AUTH_PASSWORD_HASH' });
    const make = () => passwords(() => null, { decoy: 'secret' });
    expect(make).toThrow(/^passwords\(\): the decoy is plain text/);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_PASSWORD_OPTION' }));
  });

  it('calls onRehash once if several logins happen at the same time', async () => {
    const store = new Map([['alice', wonderland.bcrypt]]);
    const onRehash = jest.fn((name: string, hash: string) => void store.set(name, hash));
    const find = (name: string) => ({ hash: store.get(name) ?? '', principal: name });
    const verifier = passwords(find, { onRehash, cache: false });
    expect(await principalOf(verifier, 'alice', 'wonder')).toBeNull();
    expect(await Promise.all([principalOf(verifier, 'alice'), principalOf(verifier, 'alice')])).toEqual([
      'alice',
      'alice',
    ]);
    while (onRehash.mock.calls.length === 0) await setTimeout(5);
    expect(password.needsRehash(store.get('alice') ?? '')).toBe(false);
    expect(await principalOf(verifier, 'alice')).toBe('alice');
    expect(await password.verify('wonder:land', store.get('alice') ?? '')).toBe(true);
    expect(onRehash).toHaveBeenCalledTimes(1);
  });

  it('accepts a login if onRehash throws', async () => {
    let given = '';
    const onRehash = (_name: string, hash: string) => {
      given = hash;
      return Promise.reject(new Error(`no room for ${hash} of wonder:land`));
    };
    const verifier = passwords(() => ({ hash: wonderland.bcrypt, principal: 1 }), { onRehash });
    expect(await principalOf(verifier, 'alice')).toBe(1);
    while (log.text() === '') await setTimeout(5);
    expect(log.text()).toContain('A better hash could not be stored');
    expect(log.text()).toContain('no room for [redacted] of [redacted]');
    expect(log.text()).not.toContain(given);
  });

  it('throws if an option is invalid', () => {
    const onRehash = () => undefined;
    const make = () => passwords(() => null, { onRehash, rehash: { algorithm: 'bcrypt', cost: 4 } });
    expect(make).toThrow('passwords(): rehash: cost must be 10 to 31');
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_AUTH_PASSWORD_OPTION' }));
  });
});

describe('htpasswd()', () => {
  it.each(['bcrypt', 'apr1', 'sha', 'sha256', 'sha512'])(
    'verifies the hashes that Apache’s htpasswd writes: %s',
    async (name) => {
      const verifier = htpasswd(fixture);
      expect(await principalOf(verifier, name)).toEqual({ name });
      expect(await principalOf(verifier, name, 'wonder')).toBeNull();
      expect(await principalOf(verifier, name, 'wonder:land ')).toBeNull();
      expect(log.text()).toBe('');
    },
  );

  it.each(['5', '6', 'apr1'])(
    'verifies the hashes that OpenSSL writes, for passwords of all lengths: %s',
    async (kind) => {
      const verifier = htpasswd(fixture);
      for (const length of [1, 15, 16, 31, 32, 33, 63, 64, 65, 128]) {
        const name = `x${length}-${kind}`;
        expect(await principalOf(verifier, name, 'x'.repeat(length))).toEqual({ name });
        expect(await principalOf(verifier, name, 'x'.repeat(length + 1))).toBeNull();
      }
    },
  );

  it('throws at startup if the file does not exist', () => {
    expect(() => htpasswd(file())).toThrow(AuthConfigurationError);
    expect(() => htpasswd(file())).toThrow(/^htpasswd\(\): .*users\.htpasswd cannot be read \(ENOENT\); create it/);
    expect(() => htpasswd(file())).toThrow(expect.objectContaining({ code: 'ERR_AUTH_HTPASSWD_FILE' }));
  });

  it('[B-9] skips invalid lines, logs their numbers, and does not show them', async () => {
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
    expect(await principalOf(verifier, 'alice')).toEqual({ name: 'alice' });
    expect(await principalOf(verifier, 'alice', 'builder')).toBeNull();
    expect(await principalOf(verifier, 'erin', 'builder')).toEqual({ name: 'erin' });
    expect(await principalOf(verifier, 'bob', 'secret-in-plain')).toBeNull();
    const text = log.text();
    expect([...text.matchAll(/line (\d+) is skipped/g)].map(([, line]) => line)).toEqual(['4', '5', '6', '7', '8']);
    expect(text).toMatch(/line 6 is skipped: its password is a DES crypt hash/);
    expect(text).not.toMatch(/nonsense|secret-in-plain|hphnvf4VLJUfo|broken-one|alice|bob/);
  });

  it('reads the file again if it was replaced, even by a file of the same size and time', async () => {
    writeFileSync(file(), `alice:${wonderland.bcrypt}\n`);
    const at = new Date('2026-01-01T00:00:00Z');
    utimesSync(file(), at, at);
    const verifier = htpasswd(file());
    expect(await principalOf(verifier, 'alice')).toEqual({ name: 'alice' });

    writeFileSync(join(folder, 'new'), `carol:${wonderland.bcrypt}\n`);
    utimesSync(join(folder, 'new'), at, at);
    renameSync(join(folder, 'new'), file());
    expect(await principalOf(verifier, 'alice')).toEqual({ name: 'alice' });
    speedUpClock();
    expect(await Promise.all([principalOf(verifier, 'alice'), principalOf(verifier, 'carol')])).toEqual([
      null,
      { name: 'carol' },
    ]);
  });

  it('keeps the last users if the file disappears, logs that once, and reads the file if it is back', async () => {
    copyFileSync(fixture, file());
    const verifier = htpasswd(file());
    rmSync(file());
    speedUpClock();
    for (let time = 0; time < 3; time++) expect(await principalOf(verifier, 'sha')).toEqual({ name: 'sha' });
    expect(log.text().match(/cannot be read \(ENOENT\); its last users stay valid/g)).toHaveLength(1);
    writeFileSync(file(), `alice:${wonderland.bcrypt}\n`);
    expect(await principalOf(verifier, 'alice')).toEqual({ name: 'alice' });
    expect(await principalOf(verifier, 'sha')).toBeNull();
  });
});
