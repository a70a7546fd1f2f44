import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { countAuthorization, type HttpRequest, rawResponse } from './request.js';

const plain: HttpRequest = { method: 'GET', url: '/', headers: {} };

describe('countAuthorization', () => {
  const lines: [string, number, string[]][] = [
    ['no field', 0, []],
    ['other fields', 0, ['Host', 'example.org', 'Accept', '*/*']],
    ['one field', 1, ['Host', 'example.org', 'Authorization', 'Basic YTpi']],
    ['one field in lower case', 1, ['authorization', 'Basic YTpi', 'host', 'example.org']],
    ['two fields', 2, ['Authorization', 'Basic YTpi', 'Authorization', 'Basic YTpi']],
    ['fields in any case', 3, ['authorization', 'a', 'AUTHORIZATION', 'b', 'AuThOrIzAtIoN', 'c']],
    ['an empty field beside another', 2, ['Authorization', '', 'Authorization', 'Basic YTpi']],
    ['fields of other names', 0, ['Proxy-Authorization', 'a', 'X-Authorization', 'b', 'Authorization-', 'c']],
    ['fields of other values', 0, ['X-Name', 'Authorization', 'X-Other', 'authorization']],
  ];

  it.each(lines)('counts %s: %i', (_, count, rawHeaders) => {
    expect(countAuthorization({ ...plain, rawHeaders })).toBe(count);
  });

  it.each(lines)('counts behind a wrapper, as Fastify has, %s: %i', (_, count, rawHeaders) => {
    const raw = Object.assign(new IncomingMessage(new Socket()), { rawHeaders });
    expect(countAuthorization({ ...plain, raw })).toBe(count);
  });

  it('counts none where the raw fields are unknown', () => {
    expect(countAuthorization({ ...plain, headers: { authorization: 'Basic YTpi' } })).toBe(0);
  });
});

describe('rawResponse', () => {
  const response = new ServerResponse(new IncomingMessage(new Socket()));

  it('is the response itself, or the one that is wrapped', () => {
    expect(rawResponse(response)).toBe(response);
    expect(rawResponse({ raw: response })).toBe(response);
  });
});
