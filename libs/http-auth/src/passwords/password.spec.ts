import { describe, expect, it } from '@jest/globals';
import { type HashAlgorithm, password } from './password.js';

const algorithms: [HashAlgorithm, RegExp][] = [
  ['argon2id', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/],
  ['scrypt', /^\$scrypt\$ln=17,r=8,p=1\$/],
  ['bcrypt', /^\$2[by]\$10\$/],
];

describe('password', () => {
  it.each(algorithms)(
    '[B-9] hashes by %s with the parameters that OWASP recommends',
    async (algorithm, shape) => {
      const hash = await password.hash('wonder:land', { algorithm });
      expect(hash).toMatch(shape);
      expect(password.needsRehash(hash)).toBe(false);
      expect(await password.verify('wonder:land', hash)).toBe(true);
      expect(await password.verify('wonder', hash)).toBe(false);
      // Hashes are slow by design, and slower on a busy machine.
    },
    30_000,
  );

  it('[B-9] hashes by argon2id if there are no options, with a new salt each time', async () => {
    const hashes = await Promise.all([password.hash(''), password.hash('')]);
    expect(hashes[0]).toMatch(/^\$argon2id\$/);
    expect(hashes[0]).not.toBe(hashes[1]);
    expect(await password.verify('', hashes[0])).toBe(true);
  });

  it('normalizes to NFC, as basic() does', async () => {
    const hash = await password.hash('Ju\u0308rgen');
    expect(await password.verify('J\u00fcrgen', hash)).toBe(true);
    expect(await password.verify('Ju\u0308rgen', hash)).toBe(true);
  });

  it('hashes up to 1,024 bytes of UTF-8, and rejects more', async () => {
    const hash = await password.hash('é'.repeat(512));
    expect(await password.verify('é'.repeat(512), hash)).toBe(true);
    await expect(password.hash('é'.repeat(513))).rejects.toThrow(RangeError);
    expect(await password.verify('x'.repeat(1025), hash)).toBe(false);
    expect(await password.verify('x'.repeat(1025), await password.hash(''))).toBe(false);
  });

  it('rejects a password of more than 72 bytes for bcrypt', async () => {
    await expect(password.hash('x'.repeat(73), { algorithm: 'bcrypt' })).rejects.toThrow(
      'password.hash(): the password must have at most 72 bytes of UTF-8 because bcrypt ignores the rest; choose a shorter password',
    );
    const hash = await password.hash('x'.repeat(72), { algorithm: 'bcrypt' });
    expect(await password.verify('x'.repeat(80), hash)).toBe(true);
    expect(await password.verify('x'.repeat(71), hash)).toBe(false);
  });

  it.each([
    [{ algorithm: 'md5' as HashAlgorithm }, 'password.hash(): algorithm must be argon2id, scrypt or bcrypt'],
    [{ algorithm: 'constructor' as HashAlgorithm }, 'password.hash(): algorithm must be argon2id, scrypt or bcrypt'],
    [{ algorithm: 'bcrypt', cost: 9 } as const, 'password.hash(): cost must be 10 to 31'],
  ])('rejects the options %j', async (options, message) => {
    await expect(password.hash('x', options)).rejects.toThrow(message);
    await expect(password.hash('x', options)).rejects.toMatchObject({ code: 'ERR_AUTH_PASSWORD_OPTION' });
  });

  it('rejects an invalid hash, and does not show it in the message', async () => {
    await expect(password.verify('x', 'my secret')).rejects.toMatchObject({
      code: 'ERR_AUTH_PASSWORD_HASH',
      message: 'password.verify(): the hash is plain text; make a hash with npx nestjs-http-auth hash',
    });
  });

  it.each([
    ['$argon2id$v=19$m=19456,t=1,p=1$muCMtNZsahQt62pcy2mYHQ$JR3BS05Bi3fPKkZspPtsikMr4Qs3mFR8rDhw1YDnCVw', true],
    ['$argon2id$v=19$m=47104,t=1,p=1$muCMtNZsahQt62pcy2mYHQ$JR3BS05Bi3fPKkZspPtsikMr4Qs3mFR8rDhw1YDnCVw', false],
    ['$2b$09$bmCwOfWaeli/c8pJ4yHd2.9lCe8Ctnmmo/zT1cVkpQYGndjHYhWF6', true],
    ['$scrypt$ln=16,r=8,p=1$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrDuFAGpmoFRW/X3yDCZqLmE', true],
    ['$scrypt$ln=16,r=8,p=2$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrDuFAGpmoFRW/X3yDCZqLmE', false],
    ['{SHA}TMiviCuZ0dJ1E2Y0OtYiSEIAJZQ=', true],
    ['plain', true],
  ])('returns whether %s is weaker than OWASP recommends: %s', (hash, needed) => {
    expect(password.needsRehash(hash)).toBe(needed);
  });
});
