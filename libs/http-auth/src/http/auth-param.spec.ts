import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AuthElement, formatElement } from './auth-param.js';
import { formatChallenge, parseChallenges } from './challenge.js';
import { formatCredentials, parseCredentials } from './credentials.js';
import { isSendable } from './grammar.js';

const token = fc.oneof(
  { weight: 9, arbitrary: fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'realm', 'REALM', '1') },
);
const token68 = fc.stringMatching(/^[A-Za-z0-9\-._~+/]+={0,3}$/);
const awkward = fc.stringMatching(/^[",\\= ;a]*$/);
const printable = fc.oneof(fc.string({ unit: 'grapheme-ascii' }), awkward);

function distinct<T extends readonly [string, ...unknown[]]>(param: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.uniqueArray(param, { minLength: 1, maxLength: 6, selector: ([name]) => name.toLowerCase() });
}

/** Any element that can be sent. */
const element: fc.Arbitrary<AuthElement> = fc.oneof(
  fc.record({ scheme: token }),
  fc.record({ scheme: token, token68 }),
  fc.record({ scheme: token, params: distinct(fc.tuple(token, printable)).map((all) => Object.fromEntries(all)) }),
);

const blank = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 2 });
const comma = fc.tuple(blank, fc.constantFrom(',', ',,', ', \t,'), blank).map((parts) => parts.join(''));
const tokenForm = token.map((text) => ({ text, value: text }));
const quotedForm = (characters: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(characters, fc.boolean())).map((all) => ({
    text: `"${all.map(([character, pair]) => (pair || /["\\]/.test(character) ? `\\${character}` : character)).join('')}"`,
    value: all.map(([character]) => character).join(''),
  }));

/** Any string that the grammar allows for an element with auth-params, with the element that it represents. */
const written = (characters: fc.Arbitrary<string>) =>
  fc
    .record({
      scheme: token,
      spaces: fc.constantFrom(' ', '   '),
      lead: fc.oneof(fc.constant(''), comma),
      params: distinct(fc.tuple(token, blank, blank, fc.oneof(tokenForm, quotedForm(characters)), comma)),
      trail: fc.oneof(blank, comma),
    })
    .map(({ scheme, spaces, lead, params, trail }) => ({
      text:
        scheme +
        spaces +
        lead +
        params
          .map(([name, before, after, { text }, separator], at) => {
            return `${at === 0 ? '' : separator}${name}${before}=${after}${text}`;
          })
          .join('') +
        trail,
      element: { scheme, params: Object.fromEntries(params.map(([name, , , { value }]) => [name, value])) },
    }));

/** An element as data that compares well: the names of its params in lower case, and no order among them. */
function normal({ params, ...rest }: AuthElement) {
  return {
    ...rest,
    params: params && new Map(Object.entries(params).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

interface Wire {
  name: string;
  format: (element: AuthElement) => string;
  parse: (text: string) => AuthElement[] | undefined;
}

const wires: Wire[] = [
  { name: 'A challenge', format: formatChallenge, parse: parseChallenges },
  {
    name: 'Credentials',
    format: formatCredentials,
    parse: (text) => {
      const credentials = parseCredentials(text);
      return credentials && [credentials];
    },
  },
];

describe.each(wires)('$name', ({ format, parse }) => {
  it('[H-15] returns the same element if its formatted string is parsed', () => {
    fc.assert(
      fc.property(element, (sent) => {
        expect(parse(format(sent))?.map(normal)).toEqual([normal(sent)]);
      }),
      { numRuns: 500 },
    );
  });

  it('[H-2][H-3] returns the element for every form that the grammar allows', () => {
    const anything = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f);
    const characters = fc.oneof(
      anything.map((code) => String.fromCharCode(code)),
      fc.constantFrom('\t', '"', '\\', ','),
    );
    fc.assert(
      fc.property(written(characters), ({ text, element: meant }) => {
        expect(parse(text)?.map(normal)).toEqual([normal(meant)]);
      }),
      { numRuns: 500 },
    );
  });

  it('has one written form, regardless of the form that was read', () => {
    const characters = fc.oneof(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }), fc.constant('"'));
    const rewrite = (text: string) => parse(text)?.map(format).join(', ');
    fc.assert(
      fc.property(written(characters), ({ text }) => {
        const once = rewrite(text) as string;
        expect(once).toBeDefined();
        expect(rewrite(once)).toBe(once);
      }),
    );
  });

  it('never throws for junk, and formats every element that it reads', () => {
    const latin1 = fc.string({ unit: fc.nat({ max: 0xff }).map((code) => String.fromCharCode(code)) });
    const nearly = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '=', '"', ',', '\\', ' ', '\t', '\0', 'é'),
      maxLength: 20,
    });
    const almost = fc
      .tuple(written(fc.constantFrom('a', '"', ',', '\\')), nearly)
      .map(([{ text }, junk]) => text + junk);
    const unsendable = ({ params = {} }: AuthElement) => !Object.values(params).every(isSendable);
    fc.assert(
      fc.property(fc.oneof(latin1, nearly, almost), (text) => {
        const read = parse(text);
        const again = read === undefined || read.some(unsendable) ? read : parse(read.map(format).join(', '));
        expect(again?.map(normal)).toEqual(read?.map(normal));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('formatElement', () => {
  it('[H-8][H-15] quotes every value, and escapes quotes and backslashes', () => {
    const params = { realm: 'a "b" \\c', type: '1', empty: '' };
    expect(formatElement({ scheme: 'Newauth', params })).toBe('Newauth realm="a \\"b\\" \\\\c", type="1", empty=""');
  });

  it.each([
    ['no params', { scheme: 'Negotiate' }, 'Negotiate'],
    ['empty params', { scheme: 'Negotiate', params: {} }, 'Negotiate'],
    ['a token68', { scheme: 'Negotiate', token68: 'abc==' }, 'Negotiate abc=='],
  ])('writes an element with %s', (_, given, text) => {
    expect(formatElement(given)).toBe(text);
  });

  it('[H-15] throws for a value with any character but printable ASCII, and names the param', () => {
    fc.assert(
      fc.property(printable, fc.integer({ min: 0, max: 0x10ffff }), printable, (before, code, after) => {
        fc.pre(code < 0x20 || code > 0x7e);
        const realm = before + String.fromCodePoint(code) + after;
        const write = () => formatElement({ scheme: 'Basic', params: { charset: 'UTF-8', realm } });
        expect(write).toThrow(TypeError);
        expect(write).toThrow(/^params: realm .+ \(RFC 9110 section 5\.5\)$/);
      }),
    );
  });

  it('[H-15] throws for each control character', () => {
    for (const code of [...Array.from({ length: 0x20 }, (_, at) => at), 0x7f]) {
      const params = { realm: `a${String.fromCharCode(code)}` };
      expect(() => formatElement({ scheme: 'Basic', params })).toThrow(TypeError);
    }
  });

  it('throws an error without the value if the value is invalid', () => {
    const write = () => formatElement({ scheme: 'Digest', params: { response: 'hidden\r\n' } });
    expect(write).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hidden') }));
  });

  it.each([
    ['a param given twice', { scheme: 'Basic', params: { realm: 'a', REALM: 'b' } }, /^params: REALM .+section 11\.2/],
    ['a param without a name', { scheme: 'Basic', params: { '': 'a' } }, /^params: .+section 11\.2/],
    ['a name with a space', { scheme: 'Basic', params: { 'a b': 'c' } }, /^params: .+section 11\.2/],
    ['a name with a line break', { scheme: 'Basic', params: { 'a\r\nb': 'c' } }, /^params: .+section 11\.2/],
    ['a name that is quoted', { scheme: 'Basic', params: { '"a"': 'c' } }, /^params: .+section 11\.2/],
    ['no scheme', { scheme: '' }, /^scheme: .+section 11\.1/],
    ['a scheme of two words', { scheme: 'Basic realm' }, /^scheme: .+section 11\.1/],
    ['a scheme with a line break', { scheme: 'Basic\n' }, /^scheme: .+section 11\.1/],
    ['a scheme beyond ASCII', { scheme: 'Bäsic' }, /^scheme: .+section 11\.1/],
    [
      'a token68 in addition to params',
      { scheme: 'Basic', token68: 'a', params: { realm: 'a' } },
      /^token68: .+section 11\.3/,
    ],
    [
      'a token68 in addition to empty params',
      { scheme: 'Basic', token68: 'a', params: {} },
      /^token68: .+section 11\.3/,
    ],
    ['an empty token68', { scheme: 'Basic', token68: '' }, /^token68: .+section 11\.2/],
    ['a token68 with a space', { scheme: 'Basic', token68: 'a b' }, /^token68: .+section 11\.2/],
    ['a token68 with a line break', { scheme: 'Basic', token68: 'a\r\n' }, /^token68: .+section 11\.2/],
    ['a token68 with a comma', { scheme: 'Basic', token68: 'a,b' }, /^token68: .+section 11\.2/],
  ])('throws for %s', (_, given: AuthElement, message) => {
    expect(() => formatElement(given)).toThrow(TypeError);
    expect(() => formatElement(given)).toThrow(message);
  });

  it('[H-2] throws if a name occurs twice, in any case', () => {
    const name = token.filter((text) => text.toUpperCase() !== text.toLowerCase());
    fc.assert(
      fc.property(name, printable, printable, (text, one, other) => {
        const params = { [text.toUpperCase()]: one, [text.toLowerCase()]: other };
        expect(() => formatElement({ scheme: 'Basic', params })).toThrow(/ occurs twice \(RFC 9110 section 11\.2\)$/);
      }),
    );
  });
});
