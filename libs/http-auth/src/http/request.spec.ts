import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { countFieldLines, type HttpRequest, isPreflight, rawResponse } from './request.js';

const plain: HttpRequest = { method: 'GET', url: '/', headers: {} };

describe('countFieldLines', () => {
  const lines: [string, number, string[]][] = [
    ['no field', 0, []],
    ['other fields', 0, ['Host', 'example.org', 'Accept', '*/*']],
    ['one field', 1, ['Host', 'example.org', 'Authorization', 'Basic YTpi']],
    ['one field in lower case', 1, ['authorization', 'Basic YTpi', 'host', 'example.org']],
    ['two fields', 2, ['Authorization', 'Basic YTpi', 'Authorization', 'Basic YTpi']],
    ['fields in any case', 3, ['authorization', 'a', 'AUTHORIZATION', 'b', 'AuThOrIzAtIoN', 'c']],
    ['an empty field and another one', 2, ['Authorization', '', 'Authorization', 'Basic YTpi']],
    ['fields of other names', 0, ['Proxy-Authorization', 'a', 'X-Authorization', 'b', 'Authorization-', 'c']],
    // `Authorization` has 13 characters too, so a comparison of lengths alone would count this field.
    ['no other field of 13 characters', 1, ['If-None-Match', '"a"', 'Authorization', 'Basic YTpi']],
    ['fields of other values', 0, ['X-Name', 'Authorization', 'X-Other', 'authorization']],
  ];

  it.each(lines)('counts %s: %i', (_, count, rawHeaders) => {
    expect(countFieldLines({ ...plain, rawHeaders }, 'authorization')).toBe(count);
  });

  it.each(lines)('counts behind a wrapper, as Fastify has, %s: %i', (_, count, rawHeaders) => {
    const raw = Object.assign(new IncomingMessage(new Socket()), { rawHeaders });
    expect(countFieldLines({ ...plain, raw }, 'authorization')).toBe(count);
  });

  it('counts the lines of the name that it is given', () => {
    const rawHeaders = ['Authorization', 'a', 'Proxy-Authorization', 'b', 'PROXY-AUTHORIZATION', 'c'];
    expect(countFieldLines({ ...plain, rawHeaders }, 'proxy-authorization')).toBe(2);
  });

  it('returns 0 if the field lines are unknown', () => {
    expect(countFieldLines({ ...plain, headers: { authorization: 'Basic YTpi' } }, 'authorization')).toBe(0);
  });
});

describe('isPreflight', () => {
  const headers = { origin: 'https://example.org', 'access-control-request-method': 'DELETE' };

  it('is true for the preflight of a browser', () => {
    expect(isPreflight({ ...plain, method: 'OPTIONS', headers })).toBe(true);
  });

  it.each<[string, Partial<HttpRequest>]>([
    ['another method', { headers }],
    ['a plain OPTIONS', { method: 'OPTIONS' }],
    ['an OPTIONS of another origin', { method: 'OPTIONS', headers: { origin: headers.origin } }],
    ['an OPTIONS of no origin', { method: 'OPTIONS', headers: { ...headers, origin: undefined } }],
  ])('is false for %s', (_, request) => {
    expect(isPreflight({ ...plain, ...request })).toBe(false);
  });
});

describe('rawResponse', () => {
  const response = new ServerResponse(new IncomingMessage(new Socket()));

  it('returns the response, or the response that it wraps', () => {
    expect(rawResponse(response)).toBe(response);
    expect(rawResponse({ raw: response })).toBe(response);
  });
});
