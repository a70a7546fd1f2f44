import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSendable, isToken, isToken68, OWS, quote, QUOTED_STRING, Scanner, TOKEN, unquote } from './grammar.js';

const LETTERS_AND_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const printable = fc.string({ unit: 'grapheme-ascii' });

/**
 * Returns the characters of ISO-8859-1, and some others with lone surrogates, that `accepts` as a string of one
 * character.
 */
function accepted(accepts: (text: string) => boolean): string {
  const characters = Array.from({ length: 0x200 }, (_, code) => String.fromCharCode(code));
  return [...characters, '\u2028', '\ud800', '\uff1a', '\u{1f511}'].filter(accepts).toSorted().join('');
}

function sorted(characters: string): string {
  return characters.split('').toSorted().join('');
}

describe('isToken', () => {
  it('accepts exactly the tchar of RFC 9110 section 5.6.2', () => {
    expect(accepted(isToken)).toBe(sorted(`!#$%&'*+-.^_\`|~${LETTERS_AND_DIGITS}`));
  });

  it.each(['', ' ', 'a b', ' a', 'a ', 'a\n', '\na', 'a=b', 'é'])('refuses %j', (text) => {
    expect(isToken(text)).toBe(false);
  });
});

describe('isToken68', () => {
  it('accepts exactly the characters of RFC 9110 section 11.2', () => {
    expect(accepted(isToken68)).toBe(sorted(`-._~+/${LETTERS_AND_DIGITS}`));
  });

  it.each(['a=', 'a==', 'a====', '-._~+/='])('accepts %j', (text) => {
    expect(isToken68(text)).toBe(true);
  });

  it.each(['', '=', '==a', 'a=b', 'a= ', 'a b', 'a=\n', '"a"'])('refuses %j', (text) => {
    expect(isToken68(text)).toBe(false);
  });
});

describe('isSendable', () => {
  it('accepts exactly printable ASCII and the space', () => {
    expect(accepted(isSendable)).toBe(String.fromCharCode(...Array.from({ length: 95 }, (_, at) => 0x20 + at)));
  });

  it('refuses a string with a single character that it refuses', () => {
    fc.assert(
      fc.property(printable, fc.integer({ min: 0, max: 0x10ffff }), printable, (before, code, after) => {
        fc.pre(code < 0x20 || code > 0x7e);
        expect(isSendable(before + String.fromCodePoint(code) + after)).toBe(false);
      }),
    );
  });
});

describe('quote and unquote', () => {
  it('[H-15] are each other’s inverse', () => {
    fc.assert(fc.property(printable, (text) => expect(unquote(quote(text))).toBe(text)));
  });

  it('[H-15] returns a string that a scanner takes as one quoted-string', () => {
    fc.assert(
      fc.property(printable, (text) => {
        const scanner = new Scanner(quote(text));
        expect(scanner.take(QUOTED_STRING)).toBe(quote(text));
        expect(scanner.done).toBe(true);
      }),
    );
  });

  it.each([
    ['', '""'],
    ['"', '"\\""'],
    ['\\', '"\\\\"'],
    ['\\"', '"\\\\\\""'],
    ['Login to "apps"', '"Login to \\"apps\\""'],
  ])('[H-15] quotes %j as %s', (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  it('replace a quoted-pair by the character after its backslash', () => {
    expect(unquote('"\\a\\b\\\\n\\\t"')).toBe('ab\\n\t');
  });
});

describe('Scanner', () => {
  it('takes productions from left to right until the end', () => {
    const scanner = new Scanner('abc \tdef');
    expect([scanner.take(TOKEN), scanner.take(OWS), scanner.done]).toEqual(['abc', ' \t', false]);
    expect([scanner.take(TOKEN), scanner.done]).toEqual(['def', true]);
  });

  it('does not move if a production does not match', () => {
    const scanner = new Scanner(' abc');
    expect(scanner.take(TOKEN)).toBeUndefined();
    expect(scanner.take(OWS)).toBe(' ');
    expect(scanner.take(TOKEN)).toBe('abc');
  });

  it('goes back if an attempt fails, and keeps its position if it succeeds', () => {
    const scanner = new Scanner('abc def');
    const word = () => scanner.take(TOKEN);
    expect(scanner.attempt(() => (word(), undefined))).toBeUndefined();
    expect(scanner.attempt(word)).toBe('abc');
    expect(scanner.take(OWS)).toBe(' ');
  });

  it('keeps its position if another scanner moves', () => {
    const [first, second] = [new Scanner('abc def'), new Scanner('ghi')];
    first.take(TOKEN);
    expect(second.take(TOKEN)).toBe('ghi');
    expect(first.take(OWS)).toBe(' ');
  });
});
