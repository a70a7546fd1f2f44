import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readHash } from './read.hash.js';
import type { StoredHash } from './stored.hash.js';

const long = 'a very much longer text to encrypt.  This one even stretches over morethan one line.';
const short = 'we have a short salt string but not a short password';

/** The vectors of the specification, "Unix crypt using SHA-256 and SHA-512". */
const vectors: [password: string, hash: string][] = [
  ['Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['Hello world!', '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
  [long, '$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1'],
  [short, '$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/'],
  ['the minimum number is still observed', '$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC'],
  [
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    long,
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
  ],
  [
    short,
    '$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0',
  ],
  // RFC 7914 section 12, the third: the salts of the others are shorter than 8 bytes, or the memory is a gigabyte.
  [
    'pleaseletmein',
    '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
  ],
];

const samples: Record<string, string> = {
  argon2id: '$argon2id$v=19$m=64,t=1,p=1$muCMtNZsahQt62pcy2mYHQ$JR3BS05Bi3fPKkZspPtsikMr4Qs3mFR8rDhw1YDnCVw',
  bcrypt: '$2y$04$bmCwOfWaeli/c8pJ4yHd2.9lCe8Ctnmmo/zT1cVkpQYGndjHYhWF6',
  scrypt: '$scrypt$ln=4,r=8,p=1$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrDuFAGpmoFRW/X3yDCZqLmE',
  apr1: '$apr1$KsPUndll$834VGya1mnT8wFVFTTx6i/',
  sha1: '{SHA}TMiviCuZ0dJ1E2Y0OtYiSEIAJZQ=',
  sha256: '$5$rounds=1000$pQyqrpzGfkD9jGc2$zl/GN6/lCu0ZgD2j1X/fJlwQH6GUwAiLD96jJsgrfu1',
  sha512: '$6$iE7hrVgsWvmfbSPN$xhciQbQO54G5ogDNtowNqZ7lWTYoYldW8R/TDmGmtSeaymnGdhcOQLaHM0kwmX/Sj6S.iLpHq/d.sjS1How5F.',
};
const read = (text: string) => readHash(text) as StoredHash;

describe('readHash()', () => {
  it.each(vectors)('verifies %j against %s', async (password, hash) => {
    expect(await read(hash).verify(password)).toBe(true);
    expect(await read(hash).verify(`${password}.`)).toBe(false);
  });

  it.each(Object.entries(samples))(
    'verifies a password against a %s hash, and not against its decoy',
    async (_, text) => {
      const hash = read(text);
      const decoy = hash.decoy();
      expect([await hash.verify('wonder:land'), await hash.verify('wonder'), await hash.verify('')]).toEqual([
        true,
        false,
        false,
      ]);
      expect(decoy.text).not.toBe(hash.text);
      expect(decoy.profile).toBe(hash.profile);
      expect(await decoy.verify('wonder:land')).toBe(false);
    },
  );

  it.each(Object.entries(samples))('rejects a truncated %s hash', (_, text) => {
    // A PHC string may have a digest of 16 bytes or more.
    const end = /^\$(argon2id|scrypt)/.test(text) ? text.lastIndexOf('$') + 22 : text.length;
    for (let length = 0; length < end; length++) expect(typeof readHash(text.slice(0, length))).toBe('string');
  });

  it.each([
    ['scrypt with too much memory', '$scrypt$ln=30,r=8,p=1$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrA'],
    ['argon2id with too much memory', samples.argon2id?.replace('m=64', 'm=4294967295')],
    ['argon2id with too little memory', samples.argon2id?.replace('m=64', 'm=7')],
    ['bcrypt with too low a cost', samples.bcrypt?.replace('04', '03')],
    ['SHA-crypt with too many rounds', samples.sha256?.replace('1000', '1000001')],
  ])('rejects %s', (_, text = '') => {
    expect(readHash(text)).toMatch(/malformed or has parameters out of range/);
  });

  it('reads SHA-crypt with a million rounds', () => {
    expect(readHash(samples.sha256?.replace('1000', '1000000') ?? '')).toBeInstanceOf(Object);
  });

  it.each([
    ['hphnvf4VLJUfo', /DES crypt/],
    ['secret', /^plain text/],
    ['pa$$word', /^plain text/],
    ['pa{SHA}word', /^plain text/],
    ['', /^plain text/],
    ['$1$abc$def', /unknown format/],
    ['{SSHA}abc', /unknown format/],
  ])('describes the format of %j', (text, sentence) => {
    expect(readHash(text)).toMatch(sentence);
  });

  it('never returns a message that contains the hash', () => {
    const texts = fc.oneof(
      fc.stringMatching(/^[!-~]{20,60}$/),
      fc.constantFrom(...Object.values(samples)).chain((text) => fc.nat(20).map((end) => text.slice(0, -1 - end))),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const problem = readHash(text);
        expect(typeof problem === 'string' && problem.includes(text)).toBe(false);
      }),
    );
  });
});
