import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { authorizationOf } from './authorization.js';
import { schemeOf } from './credentials.js';
import type { HttpRequest } from './request.js';

const request = (socket: object | undefined, authorization?: string) =>
  ({ method: 'GET', url: '/', headers: { authorization }, socket }) as unknown as HttpRequest;

describe('authorizationOf()', () => {
  it('is there where the field is', () => {
    expect(authorizationOf(request({}))).toBeUndefined();
    expect(authorizationOf(request({}, ''))?.scheme).toBeUndefined();
    expect(authorizationOf(request({}, 'BASIC x'))?.scheme).toBe('basic');
  });

  it('is the same while a connection repeats it, through whatever request', () => {
    const socket = {};
    const first = authorizationOf(request(socket, 'Basic a'));
    const wrapped = { ...request(undefined, 'Basic a'), raw: { socket } } as unknown as HttpRequest;
    expect(authorizationOf(request(socket, 'Basic a'))).toBe(first);
    expect(authorizationOf(wrapped)).toBe(first);
  });

  it('is another one on another connection, after another field, and where there is no connection', () => {
    const socket = {};
    const first = authorizationOf(request(socket, 'Basic a'));
    expect(authorizationOf(request({}, 'Basic a'))).not.toBe(first);
    authorizationOf(request(socket, 'Basic b'));
    expect(authorizationOf(request(socket, 'Basic a'))).not.toBe(first);
    expect(authorizationOf(request(undefined, 'Basic a'))).not.toBe(authorizationOf(request(undefined, 'Basic a')));
  });

  it('says of every field what the field says, whatever the connection has sent before', () => {
    const fields = fc.array(fc.constantFrom('Basic a', 'Basic b', 'basic a', 'Bearer a', 'Basic', ''));
    fc.assert(
      fc.property(fields, (sent) => {
        const socket = {};
        for (const field of sent) {
          const authorization = authorizationOf(request(socket, field));
          expect(authorization?.scheme).toBe(schemeOf(field));
          expect(authorization?.parsedBy((text) => text)).toBe(field);
        }
      }),
    );
  });

  it('tells fields apart that differ nowhere but far from their end', () => {
    const end = 'z'.repeat(64);
    const fields = fc.array(fc.constantFrom(`Bearer a${end}`, `Bearer b${end}`, `Basic ba${end}`, `Bearer aa${end}`));
    fc.assert(
      fc.property(fields, (sent) => {
        const socket = {};
        for (const field of sent) {
          expect(authorizationOf(request(socket, field))?.parsedBy((text) => text)).toBe(field);
        }
      }),
    );
  });

  it('is parsed once by one parser, and anew by another', () => {
    const authorization = authorizationOf(request({}, 'Basic a'));
    const parse = (field: string) => ({ field });
    const parsed = authorization?.parsedBy(parse);
    expect(parsed).toEqual({ field: 'Basic a' });
    expect(authorization?.parsedBy(parse)).toBe(parsed);
    expect(authorization?.parsedBy((field) => field.length)).toBe(7);
    expect(authorization?.parsedBy(() => undefined)).toBeUndefined();
  });
});
