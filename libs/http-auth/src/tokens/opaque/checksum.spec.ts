import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base62, checksumOf } from './checksum.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('base62()', () => {
  it('keeps every number of 256 bits in 43 digits, in the order of the numbers', () => {
    const number = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
    fc.assert(
      fc.property(number, (value) => {
        const digits = base62(value, 43);
        expect(digits).toMatch(/^[0-9A-Za-z]{43}$/);
        expect(digits.split('').reduce((sum, digit) => sum * 62n + BigInt(DIGITS.indexOf(digit)), 0n)).toBe(value);
      }),
    );
  });

  it.each([
    [0n, '000000'],
    [61n, '00000z'],
    [62n, '000010'],
    [2n ** 32n - 1n, '4gfFC3'],
  ])('writes %s as %s', (value, digits) => {
    expect(base62(value, 6)).toBe(digits);
  });
});

describe('checksumOf()', () => {
  // 0xCBF43926 is the check value of CRC-32 for these digits.
  it('returns the CRC-32 in base62', () => {
    expect(checksumOf('123456789')).toBe(base62(0xcb_f4_39_26n, 6));
  });

  // Tokens of GitHub without their prefix, from the tests of a scanner. The last has a checksum with leading zeros.
  it.each([
    ['M7H4jxUDDWHP4kZ6A4dxlQYsQIWJuq', '11T4V4'],
    ['HEEjXavM6wKtyhAUwDblMznMEhWyTt', '4XwY6f'],
    ['QdwULL38u41vs1OcAjhKqcaSZ9W63r', '0Zu4ln'],
  ])('returns the checksum of GitHub for %s', (secret, checksum) => {
    expect(checksumOf(secret)).toBe(checksum);
  });

  it('differs if one digit differs, or if two neighbors are swapped', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const secret = bytes.map((all) => base62(BigInt(`0x${Buffer.from(all).toString('hex')}`), 43));
    fc.assert(
      fc.property(secret, fc.nat(41), fc.constantFrom(...DIGITS.split('')), (text, at, digit) => {
        const [head, one, two, tail] = [text.slice(0, at), text.charAt(at), text.charAt(at + 1), text.slice(at + 2)];
        for (const changed of [head + digit + two + tail, head + two + one + tail]) {
          expect(checksumOf(changed) === checksumOf(text)).toBe(changed === text);
        }
      }),
    );
  });
});
