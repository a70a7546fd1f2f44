import crypto from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as realArgon2 from '@node-rs/argon2';
import * as realBcrypt from '@node-rs/bcrypt';
import { type HttpRequest, RefusedException } from 'nestjs-http-auth';
import { algorithms, builder, wonderland } from './support/passwords.js';

/** The real functions that compute hashes, with a counter. */
const count = {
  argon2id: jest.fn(realArgon2.verify),
  bcrypt: jest.fn(realBcrypt.verify),
  scrypt: jest.spyOn(crypto, 'scrypt'),
};
jest.unstable_mockModule('@node-rs/argon2', () => ({ ...realArgon2, verify: count.argon2id }));
jest.unstable_mockModule('@node-rs/bcrypt', () => ({ ...realBcrypt, verify: count.bcrypt }));
const { passwords, users } = await import('nestjs-http-auth/passwords');

const request = { method: 'GET', url: '/', headers: {} } satisfies HttpRequest;
const counted = () => algorithms.reduce((sum, algorithm) => sum + count[algorithm].mock.calls.length, 0);

/** Returns how many hashes a function computes. */
async function cost(act: () => unknown): Promise<number> {
  const before = counted();
  await act();
  return counted() - before;
}

beforeEach(() => void jest.clearAllMocks());

const everyone = [
  ['a known user', 'alice', 'wonder'],
  ['an unknown user', 'mallory', 'wonder'],
  ['an unknown user with the name of a property of every object', 'constructor', 'wonder'],
  ['a known user, with too long a password', 'alice', 'x'.repeat(5000)],
  ['an unknown user, with too long a password', 'mallory', 'x'.repeat(5000)],
  ['a known user, with no password', 'alice', ''],
  ['an unknown user, with no password', 'mallory', ''],
] as const;

describe.each(algorithms)('A store of %s', (algorithm) => {
  const [hash, other] = [wonderland[algorithm], builder[algorithm]];
  const verifiers = () =>
    [
      users({ alice: hash, bob: other }),
      passwords((name) => (name === 'alice' ? { hash, principal: { name } } : null), { decoy: other }),
    ] as const;

  it.each(everyone)('computes one hash with its own algorithm for %s', async (_, username, password) => {
    for (const verifier of verifiers()) {
      count[algorithm].mockClear();
      const refused = () => expect(verifier({ username, password }, request)).rejects.toBeInstanceOf(RefusedException);
      expect(await cost(refused)).toBe(1);
      expect(count[algorithm]).toHaveBeenCalledTimes(1);
    }
  });

  it.each(everyone)(
    'computes one hash for each different password if requests arrive at the same time, for %s',
    async (_, username, password) => {
      for (const verifier of verifiers()) {
        const tries = Array.from({ length: 20 }, (_one, index) => ({ username, password: `${password}${index % 5}` }));
        expect(await cost(() => Promise.allSettled(tries.map((credentials) => verifier(credentials, request))))).toBe(
          5,
        );
      }
    },
  );

  it('computes one hash for each request if the cache is disabled', async () => {
    const verifier = users({ alice: hash }, { cache: false });
    for (const username of ['alice', 'mallory']) {
      const five = () => Array.from({ length: 5 }, () => verifier({ username, password: 'wonder:land' }, request));
      expect(await cost(() => Promise.allSettled(five()))).toBe(5);
    }
  });

  it('computes no hash if the password is remembered', async () => {
    const verifier = users({ alice: hash });
    const credentials = { username: 'alice', password: 'wonder:land' };
    expect(await cost(() => verifier(credentials, request))).toBe(1);
    expect(await cost(async () => expect(await verifier(credentials, request)).toEqual({ name: 'alice' }))).toBe(0);
    verifier.invalidate('alice');
    expect(await cost(() => verifier(credentials, request))).toBe(1);
  });
});

describe('A mixed store', () => {
  const verifier = users({ alice: wonderland.argon2id, bob: wonderland.bcrypt, carol: wonderland.scrypt });
  const kindOf = async (username: string) => {
    jest.clearAllMocks();
    await expect(verifier({ username, password: 'x' }, request)).rejects.toBeInstanceOf(RefusedException);
    expect(counted()).toBe(1);
    return algorithms.find((algorithm) => count[algorithm].mock.calls.length === 1);
  };

  it('computes the hash of one of the known users for an unknown user, and always the same one', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `unknown ${index}`);
    const kinds = new Map<string, unknown>();
    for (const name of names) kinds.set(name, await kindOf(name));
    expect(new Set(kinds.values())).toEqual(new Set(algorithms));
    for (const name of names) expect(await kindOf(name)).toBe(kinds.get(name));
  });
});

describe('passwords() without a decoy', () => {
  it('computes the same kind of hash for an unknown user as for the last known user', async () => {
    const verifier = passwords((name) => (name === 'alice' ? { hash: wonderland.scrypt, principal: name } : undefined));
    const refused = (username: string) =>
      expect(verifier({ username, password: 'x' }, request)).rejects.toBeInstanceOf(RefusedException);
    await refused('alice');
    expect(await cost(() => refused('mallory'))).toBe(1);
    expect(count.scrypt).toHaveBeenCalledTimes(2);
  });

  it('computes one hash for an unknown user before any user was found', async () => {
    const verifier = passwords(() => null);
    const refused = () =>
      expect(verifier({ username: 'mallory', password: 'x' }, request)).rejects.toBeInstanceOf(RefusedException);
    expect(await cost(refused)).toBe(1);
  });
});
