import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ProxyWarning } from './proxy.warning.js';

const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  const keep = (message: string, context: string) => void lines.push(`[${context}] ${message}`);
  Logger.overrideLogger({ log: keep, error: keep, warn: keep });
});

afterEach(() => Logger.overrideLogger(false));

/** Returns a request of Express whose application has a value for the setting `trust proxy`. */
const express = (headers: object, trusted: unknown) =>
  ({ headers, app: { get: (setting: string) => (setting === 'trust proxy' ? trusted : 'other') } }) as never;

/** Returns a request of Fastify. It has addresses if a proxy is trusted. */
const fastify = (headers: object, ips?: string[]) => ({ headers, ips, raw: {} }) as never;

const ofExpress = "app.set('trust proxy', '<address of the proxy>')";
const ofFastify = "new FastifyAdapter({ trustProxy: '<address of the proxy>' })";

const named = { 'x-forwarded-for': '192.0.2.1' };
const standard = { forwarded: 'for=192.0.2.1' };

const warning = (field: string, setting: string) =>
  `[limits] A request has the field ${field}, but no proxy is trusted, so all clients behind a proxy share the limits of its ` +
  `address; write ${setting}, or ignore this if there is no proxy`;

describe('ProxyWarning', () => {
  it.each([
    ['Express', 'x-forwarded-for', express(named, undefined), ofExpress],
    ['Express', 'forwarded', express(standard, false), ofExpress],
    ['Fastify', 'x-forwarded-for', fastify(named), ofFastify],
    ['Fastify', 'forwarded', fastify(standard), ofFastify],
    ['a request without an application', 'x-forwarded-for', { headers: named } as never, ofExpress],
  ])('names the setting of %s if a request has the field %s', (_, field, request, setting) => {
    new ProxyWarning().check(request);
    expect(lines).toEqual([warning(field, setting)]);
  });

  it.each([
    ['no proxy names the client on Express', express({}, undefined)],
    ['no proxy names the client on Fastify', fastify({})],
    ['Express trusts the proxy', express(named, 'loopback')],
    ['Fastify trusts the proxy', fastify(named, ['192.0.2.1'])],
  ])('logs nothing if %s', (_, request) => {
    new ProxyWarning().check(request);
    expect(lines).toEqual([]);
  });

  it('logs one warning if several requests have the field', () => {
    const proxyWarning = new ProxyWarning();
    for (const headers of [{}, named, standard, named]) proxyWarning.check(fastify(headers));
    expect(lines).toEqual([warning('x-forwarded-for', ofFastify)]);
  });
});
