import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { countFieldLines, type HttpRequest } from '../http/request.js';
import { Failure } from '../schemes/failure.js';
import { connectionRequest } from './connection.request.js';

const upgrade = {
  method: 'GET',
  url: '/graphql',
  ip: '192.0.2.1',
  headers: { host: 'localhost', authorization: 'Basic YTpi' },
  rawHeaders: ['Host', 'localhost', 'Authorization', 'Basic YTpi', 'Authorization', 'Basic YTpj'],
};

/** Express's request, and Fastify's. */
const requests: [name: string, request: HttpRequest][] = [
  ['Express', upgrade],
  ['Fastify', { ...upgrade, raw: upgrade as unknown as IncomingMessage }],
];

describe.each(requests)('The request of a connection on %s', (_name, request) => {
  it('is the upgrade if connectionParams has no credentials', () => {
    for (const params of [
      undefined,
      null,
      {},
      { lang: 'en', headers: { lang: 'en' } },
      { authorization: null },
      'x',
      5,
    ]) {
      expect(connectionRequest(request, 'authorization', params)).toBe(request);
    }
  });

  it('has the credentials of connectionParams, and everything else of the upgrade', () => {
    for (const params of [{ AUTHORIZATION: 'Bearer x' }, { headers: { Authorization: 'Bearer x' } }]) {
      const own = connectionRequest(request, 'authorization', params) as HttpRequest;
      expect(own.headers).toEqual({ host: 'localhost', authorization: 'Bearer x' });
      expect(countFieldLines(own, 'authorization')).toBe(1);
      // Schemes read further fields, e.g. the one with the certificate that a proxy has sent.
      expect(countFieldLines(own, 'host')).toBe(1);
      expect([own.method, own.url, own.ip]).toEqual(['GET', '/graphql', '192.0.2.1']);
      expect(request.headers.authorization).toBe('Basic YTpi');
    }
  });

  it('takes the field of proxies only if the application is one', () => {
    const params = { 'Proxy-Authorization': 'Bearer x' };
    expect(connectionRequest(request, 'authorization', params)).toBe(request);
    expect((connectionRequest(request, 'proxy-authorization', params) as HttpRequest).headers).toMatchObject({
      'proxy-authorization': 'Bearer x',
    });
  });

  it.each([
    ['a list', { authorization: ['Bearer x'] }],
    ['an object', { authorization: {} }],
    ['a number', { headers: { authorization: 5 } }],
    ['given twice', { authorization: 'Bearer x', headers: { Authorization: 'Bearer x' } }],
    ['longer than a field may be', { authorization: 'x'.repeat(16 * 1024 + 1) }],
  ])('is refused if the credentials are %s', (_what, params) => {
    const failure = connectionRequest(request, 'authorization', params);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).reason).toBe('malformed');
  });
});
