import { describe, expect, it } from '@jest/globals';
import { isInstalled, missing } from '../common/library.js';
import { type HashAlgorithm, password } from './password.js';

const algorithms: [HashAlgorithm, RegExp][] = [
  ['argon2id', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/],
  ['scrypt', /^\$scrypt\$ln=17,r=8,p=1\$/],
  ['bcrypt', /^\$2[by]\$10\$/],
];

describe('password', () => {
  it.each(algorithms)(
    '[B-9] hashes by %s with the parameters of OWASP',
    async (algorithm, shape) => {
      const hash = await password.hash('wonder:land', { algorithm });
      expect(hash).toMatch(shape);
      expect(password.needsRehash(hash)).toBe(false);
      expect(await password.verify('wonder:land', hash)).toBe(true);
      expect(await password.verify('wonder', hash)).toBe(false);
      // Slow by design, and slower on a machine that has other things to do.
    },
    30_000,
  );

  it('[B-9] hashes by argon2id where nothing else is said, and never the same twice', async () => {
    const hashes = await Promise.all([password.hash(''), password.hash('')]);
    expect(hashes[0]).toMatch(/^\$argon2id\$/);
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(await password.verify('', hashes[0])).toBe(true);
  });

  it('normalizes to NFC, as Basic does', async () => {
    const hash = await password.hash('Ju\u0308rgen');
    expect(await password.verify('J\u00fcrgen', hash)).toBe(true);
    expect(await password.verify('Ju\u0308rgen', hash)).toBe(true);
  });

  it('hashes up to 1,024 octets of UTF-8, and refuses more', async () => {
    const hash = await password.hash('é'.repeat(512));
    expect(await password.verify('é'.repeat(512), hash)).toBe(true);
    await expect(password.hash('é'.repeat(513))).rejects.toThrow(RangeError);
    expect(await password.verify('x'.repeat(1025), hash)).toBe(false);
    expect(await password.verify('x'.repeat(1025), await password.hash(''))).toBe(false);
  });

  it('says aloud that bcrypt sees 72 octets', async () => {
    await expect(password.hash('x'.repeat(73), { algorithm: 'bcrypt' })).rejects.toThrow(
      'password.hash(): the password must not be longer than 72 octets of UTF-8, as bcrypt sees no more',
    );
    const hash = await password.hash('x'.repeat(72), { algorithm: 'bcrypt' });
    expect(await password.verify('x'.repeat(80), hash)).toBe(true);
    expect(await password.verify('x'.repeat(71), hash)).toBe(false);
  });

  it.each([
    [{ algorithm: 'md5' as HashAlgorithm }, 'password.hash(): algorithm must be argon2id, scrypt or bcrypt'],
    [{ algorithm: 'constructor' as HashAlgorithm }, 'password.hash(): algorithm must be argon2id, scrypt or bcrypt'],
    [{ algorithm: 'bcrypt', cost: 9 } as const, 'password.hash(): cost must be 10 to 31'],
  ])('refuses the options %j', async (options, sentence) => {
    await expect(password.hash('x', options)).rejects.toThrow(sentence);
  });

  it('refuses to judge by what is no hash, without showing it', async () => {
    await expect(password.verify('x', 'my secret')).rejects.toThrow(
      /^password\.verify\(\): the hash is plain text: make/,
    );
  });

  it.each([
    ['$argon2id$v=19$m=19456,t=1,p=1$muCMtNZsahQt62pcy2mYHQ$JR3BS05Bi3fPKkZspPtsikMr4Qs3mFR8rDhw1YDnCVw', true],
    ['$argon2id$v=19$m=47104,t=1,p=1$muCMtNZsahQt62pcy2mYHQ$JR3BS05Bi3fPKkZspPtsikMr4Qs3mFR8rDhw1YDnCVw', false],
    ['$2b$09$bmCwOfWaeli/c8pJ4yHd2.9lCe8Ctnmmo/zT1cVkpQYGndjHYhWF6', true],
    ['$scrypt$ln=16,r=8,p=1$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrDuFAGpmoFRW/X3yDCZqLmE', true],
    ['$scrypt$ln=16,r=8,p=2$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrDuFAGpmoFRW/X3yDCZqLmE', false],
    ['{SHA}TMiviCuZ0dJ1E2Y0OtYiSEIAJZQ=', true],
    ['plain', true],
  ])('finds out whether %s is what OWASP asks for', (hash, needed) => {
    expect(password.needsRehash(hash)).toBe(needed);
  });
});

describe('An optional package', () => {
  it('is told by its name where it is missing', () => {
    expect(isInstalled('@node-rs/argon2')).toBe(true);
    expect(isInstalled('@nestjs/of-no-such-name')).toBe(false);
    expect(missing('@node-rs/bcrypt')).toBe('needs a package that is not installed; run npm install @node-rs/bcrypt');
  });
});
