import { describe, expect, it } from '@jest/globals';
import { Guess } from './guess.js';

const guess = (
  username: string,
  more: { password?: string; network?: string; tenant?: string; scheme?: string } = {},
) => new Guess({ username, password: more.password ?? 'p' }, more.network ?? '192.0.2.1', more.tenant, more.scheme);

describe('Guess', () => {
  it('has a key for the user at the address, the address, the user, and a login', () => {
    const { pair, address, user, success, username } = guess('Alice');
    expect({ pair, address, user, success, username }).toEqual({
      pair: 'pair 192.0.2.1 alice',
      address: 'address 192.0.2.1',
      user: 'user alice',
      success: 'success 192.0.2.1 Alice',
      username: 'Alice',
    });
  });

  it('separates tenants, except for the address', () => {
    const [one, other] = [guess('alice', { tenant: 'a' }), guess('alice', { tenant: 'b' })];
    for (const key of ['pair', 'user', 'success', 'digest'] as const) expect(one[key]).not.toBe(other[key]);
    expect(one.address).toBe(other.address);
    expect(one.user).toMatch(/^user [\w-]{43} alice$/);
  });

  it('separates schemes', () => {
    const [basic, bearer] = [guess('alice'), guess('alice', { scheme: 'Bearer' })];
    for (const key of ['pair', 'user', 'success', 'digest', 'address'] as const)
      expect(basic[key]).not.toBe(bearer[key]);
  });

  it('has another digest for another password, username or network', () => {
    const digests = [
      guess('alice'),
      guess('alice', { password: 'q' }),
      guess('Alice'),
      guess('alice', { network: '192.0.2.2' }),
      guess('alic', { password: 'ep' }),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(guess('alice').digest).toBe(guess('alice').digest);
  });

  it('replaces names of more than 128 characters by a digest', () => {
    expect(guess('a'.repeat(128)).user).toBe(`user ${'a'.repeat(128)}`);
    const [one, other] = [guess('a'.repeat(129)).user, guess(`${'a'.repeat(128)}b`).user];
    expect(one).toMatch(/^user #[\w-]{43}$/);
    expect(one).not.toBe(other);
    expect(guess('A'.repeat(129)).user).toBe(one);
  });

  it.each<[string, string[]]>([
    ['case', ['alice', 'ALICE']],
    ['spaces', ['alice', ' alice ', 'al\u00a0ice']],
    ['the letter ß', ['strasse', 'straße', 'STRASSE']],
    ['the long s', ['sam', 'ſam']],
    ['the dotless i', ['ivan', 'ıvan', 'İvan']],
    ['the final sigma', ['σοφος', 'σοφοσ', 'ΣΟΦΟΣ']],
    ['width', ['bob', 'ｂｏｂ']],
    ['ligatures', ['fiona', 'ﬁona']],
    ['accents', ['rene', 'rené', 'rene\u0301']],
    ['invisible characters', ['eve', 'e\u00adve', 'e\u200bve', 'eve\u200d']],
  ])('has the same keys for names that differ only in %s, except for a login', (_, names) => {
    for (const key of ['pair', 'user'] as const) expect(new Set(names.map((name) => guess(name)[key])).size).toBe(1);
    expect(new Set(names.map((name) => guess(name).success)).size).toBe(names.length);
  });

  it('keeps the punctuation and the digits of a name', () => {
    expect(guess('~a.b-c_1@x!').user).toBe('user ~a.b-c_1@x!');
    expect(guess('').user).toBe('user ');
  });
});
