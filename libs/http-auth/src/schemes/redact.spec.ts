import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact, secretsOf } from './redact.js';

const MARK = '[redacted]';

/** An error that contains `text` in each of its properties, its cause and its errors. */
function quoting(text: string): Error {
  const inner = Object.assign(new TypeError(text), {
    name: text,
    code: text,
    query: text,
    config: { headers: [text] },
  });
  const errors = [new Error(text), Object.assign(new Error('down'), { stack: text, [text]: text })];
  return new Error(text, { cause: new AggregateError(errors, text, { cause: inner }) });
}

/** Returns the strings of an error that a log may show, and those of all errors in it. */
function texts(error: Error): string[] {
  const { name, message, stack, code, cause, errors = [] } = error as Error & { code?: string; errors?: Error[] };
  const inner = [...errors, ...(cause === undefined ? [] : [cause as Error])];
  return [name, message, stack ?? '', code ?? '', ...inner.flatMap(texts)];
}

/** The forms in which messages contain a secret: as it is, in JSON and in a URI. */
function forms(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
}

function messageOf(error: unknown, ...secrets: string[]): string {
  return redact(error, secrets).message;
}

const anySecret = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.stringMatching(/^[a"\\\n%é $&]+$/),
  fc.constantFrom('redacted', '[', ']', 'e', MARK, 'Error', 'TypeError', 'at', ' ', '\n', '(.*)', '|', '^', '$&', '\\'),
);

describe('redact', () => {
  it('removes a secret completely, even if it is a part of the mark or of a stack', () => {
    fc.assert(
      fc.property(fc.string(), anySecret, fc.string(), (before, secret, after) => {
        for (const form of forms(secret)) {
          const pieces = texts(redact(quoting(before + form + after), [secret])).flatMap((text) => text.split(MARK));
          expect(pieces.filter((piece) => forms(secret).some((other) => piece.includes(other)))).toEqual([]);
        }
      }),
    );
  });

  it('removes a secret from every place that a log shows, unless the log would show the same without it', () => {
    fc.assert(
      fc.property(fc.string(), anySecret, fc.string(), (before, secret, after) => {
        const [without, ...logs] = [MARK, ...forms(secret)].map((form) => {
          const text = before + form + after;
          const copies = [redact(quoting(text), [secret]), redact(text, [secret])];
          return inspect(copies, { depth: 10, showHidden: true });
        }) as [string, ...string[]];
        // A secret with a bracket may appear by chance, at the border of a mark.
        fc.pre(!without.includes(secret) && !/[[\]]/.test(secret));
        for (const log of logs) expect(log).not.toContain(secret);
      }),
    );
  });

  it('keeps the characters around a secret', () => {
    const others = fc.array(fc.stringMatching(/^[0-9 ]*$/), { minLength: 1 });
    const secret = fc.stringMatching(/^[redact[\]$&^*|]+$/);
    fc.assert(
      fc.property(others, secret, (parts, hidden) => {
        expect(messageOf(new Error(parts.join(hidden)), hidden)).toBe(parts.join(MARK));
      }),
    );
  });

  it.each([
    ['as it is', 'no user with pa"ss wörd', 'no user with [redacted]'],
    ['in JSON', '{"password":"pa\\"ss wörd"}', '{"password":"[redacted]"}'],
    ['in a URI', 'GET /?p=pa%22ss%20w%C3%B6rd', 'GET /?p=[redacted]'],
    ['in base64', 'Basic cGEic3Mgd8O2cmQ=', 'Basic [redacted]='],
    ['more than once', 'pa"ss wördpa"ss wörd', '[redacted][redacted]'],
  ])('removes a secret that is written %s', (_, text, cut) => {
    expect(messageOf(new Error(text), 'pa"ss wörd')).toBe(cut);
  });

  it('removes the longer of two secrets if one is a part of the other', () => {
    expect(messageOf(new Error('open sesame, open'), 'open', 'open sesame')).toBe('[redacted], [redacted]');
    expect(messageOf(new Error('open sesame, open'), 'open sesame', 'open')).toBe('[redacted], [redacted]');
  });

  it('does not redact parts of its own marks', () => {
    expect(messageOf(new Error('a red act'), 'red', 'act', 'a')).toBe('[redacted] [redacted] [redacted]');
  });

  it('removes nothing if the secret is empty or missing', () => {
    expect(messageOf(new Error('down'), '')).toBe('down');
    expect(messageOf(new Error('down'))).toBe('down');
  });

  it('keeps the name, the code, the message and the stack', () => {
    const error = Object.assign(new RangeError('down'), { code: 23505 });
    const copy = redact(error, ['secret']);
    expect(copy).toMatchObject({ name: 'RangeError', message: 'down', code: '23505' });
    expect(copy.stack).toBe(error.stack);
    expect(redact(new Error('down'), [])).not.toHaveProperty('code');
  });

  it('drops every other property', () => {
    const error = Object.assign(new Error('down'), {
      query: 'secret',
      config: { auth: 'secret' },
      [Symbol('x')]: 'secret',
    });
    const copy = redact(error, []);
    expect(new Set(Reflect.ownKeys(copy))).toEqual(new Set(['message', 'name', 'stack']));
  });

  it('does not change the original error', () => {
    const error = quoting('secret');
    const before = inspect(error, { depth: 10 });
    redact(error, ['secret']);
    expect(inspect(error, { depth: 10 })).toBe(before);
  });

  it('redacts causes and the errors of an AggregateError', () => {
    const cause = new AggregateError([new Error('secret one'), 'secret two'], 'both', {
      cause: new Error('secret three'),
    });
    const copy = redact(new Error('down', { cause }), ['secret']);
    expect(copy.cause).toBeInstanceOf(AggregateError);
    expect(copy).toMatchObject({
      message: 'down',
      cause: {
        message: 'both',
        errors: [{ message: '[redacted] one' }, { message: '[redacted] two' }],
        cause: { message: '[redacted] three' },
      },
    });
  });

  it('keeps only the first five errors of an AggregateError', () => {
    const errors = Array.from({ length: 100 }, (_, at) => new Error(`${at}`));
    expect(redact(new AggregateError(errors), []) as AggregateError).toHaveProperty('errors.length', 5);
  });

  it('ends if an error is its own cause', () => {
    const error = new AggregateError([], 'secret') as AggregateError & { cause: unknown };
    error.cause = error;
    error.errors.push(error, error);
    const copy = redact(error, ['secret']);
    expect(new Set(texts(copy).filter((text) => text.includes('secret')))).toEqual(new Set());
    expect(texts(copy)).toContain(MARK);
  });

  it.each([
    ['secret', MARK],
    ['the secret word', 'the [redacted] word'],
    [undefined, 'A value that is not an Error was thrown: undefined'],
    [null, 'A value that is not an Error was thrown: object'],
    [42, 'A value that is not an Error was thrown: number'],
    [{ message: 'secret' }, 'A value that is not an Error was thrown: object'],
    [['secret'], 'A value that is not an Error was thrown: object'],
  ])('returns an Error for the thrown value %p', (thrown, text) => {
    const copy = redact(thrown, ['secret']);
    expect(copy).toBeInstanceOf(Error);
    expect(copy.message).toBe(text);
    expect(inspect(copy)).not.toContain('secret');
  });

  it('converts a name, a message and a stack that are not strings', () => {
    const values = {
      name: { value: 1 },
      message: { value: { toString: () => 'secret' } },
      stack: { value: ['secret'] },
    };
    const copy = redact(Object.defineProperties(new Error('down'), values), ['secret']);
    expect([copy.name, copy.message, copy.stack]).toEqual(['1', MARK, MARK]);
  });
});

describe('secretsOf', () => {
  it('returns the field, and the part after the auth-scheme', () => {
    const headers = { authorization: 'Bearer abc def' };
    expect(secretsOf({ method: 'GET', url: '/', headers })).toEqual(['Bearer abc def', 'abc def']);
  });

  it('returns the field if it has no auth-scheme', () => {
    expect(new Set(secretsOf({ method: 'GET', url: '/', headers: { authorization: 'abc' } }))).toEqual(
      new Set(['abc']),
    );
  });

  it('returns the password of Basic credentials', () => {
    const headers = { authorization: `Basic ${Buffer.from('alice:wonder:land').toString('base64')}` };
    expect(secretsOf({ method: 'GET', url: '/', headers })).toContain('wonder:land');
  });

  it('returns the secrets of Proxy-Authorization', () => {
    const headers = { 'proxy-authorization': 'Bearer abc' };
    expect(secretsOf({ method: 'GET', url: '/', headers })).toEqual(['Bearer abc', 'abc']);
  });

  it('returns an empty list if there is no field', () => {
    expect(secretsOf({ method: 'GET', url: '/', headers: {} }).filter((secret) => secret !== '')).toEqual([]);
  });
});
