import { describe, expect, it } from '@jest/globals';
import { apiKey, AuthModule, type AuthModuleOptions, basic, bearer, type SchemeDefinition } from 'nestjs-http-auth';
import { digest } from 'nestjs-http-auth/digest';
import { dpop } from 'nestjs-http-auth/dpop';
import { introspection } from 'nestjs-http-auth/introspection';
import { jwt } from 'nestjs-http-auth/jwt';
import { passwords } from 'nestjs-http-auth/passwords';
import { ticket } from 'nestjs-http-auth/tickets';
import { tokens } from 'nestjs-http-auth/tokens';
import { adapters, start } from './support/application.js';

const verify = () => null;
const secret = 'a secret of thirty-two characters';
const origin = 'https://api.example';
const endpoint = { endpoint: 'https://issuer.example/introspect', audience: 'api', clientId: 'a', clientSecret: 'b' };
const scheme = (one: SchemeDefinition): Partial<AuthModuleOptions> => ({ schemes: [one] });

/** The options that are durations, with their path in the message. Each accepts ten seconds. */
const durations: [path: string, use: (duration: number | string) => Partial<AuthModuleOptions>][] = [
  ['verifierTimeout', (verifierTimeout) => ({ verifierTimeout, schemes: [basic(verify)] })],
  ['limits.window', (window) => scheme(basic(verify, { limits: { window } }))],
  ['limits.window', (window) => scheme(apiKey(verify, { limits: { window } }))],
  ['dpop(): maxAge', (maxAge) => scheme(dpop(verify, { origin, maxAge }))],
  ['dpop(): clockTolerance', (clockTolerance) => scheme(dpop(verify, { origin, clockTolerance }))],
  ['dpop(): nonces.ttl', (ttl) => scheme(dpop(verify, { origin, nonces: { secret, ttl } }))],
  ['digest(): nonces.ttl', (ttl) => scheme(digest(verify, { nonces: { ttl } }))],
  ['ticket(): ttl', (ttl) => scheme(ticket({ ttl }))],
  ['tokens(): useInterval', (useInterval) => scheme(bearer(tokens(verify, { onUse: () => undefined, useInterval })))],
  ['passwords(): cache.ttl', (ttl) => scheme(basic(passwords(verify, { cache: { ttl } })))],
  ['introspection(): cache.ttl', (ttl) => scheme(bearer(introspection({ ...endpoint, cache: { ttl } })))],
  [
    'jwt(): revocation.maxTokenAge',
    (maxTokenAge) =>
      scheme(bearer(jwt({ issuer: 'https://a.example', audience: 'api', secret, revocation: { maxTokenAge } }))),
  ],
];

describe.each(adapters)('A duration on %s', (_name, adapter) => {
  const begin = async (use: () => Partial<AuthModuleOptions>) =>
    start(adapter(), { imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [], ...use() })] });

  it.each(durations)('is a whole number of milliseconds, or a string with a unit: %s', async (path, use) => {
    for (const wrong of [10_000.5, -10_000, NaN, Infinity, '10000', '10 sec onds', '', '-10s', 10_000n, [10_000]]) {
      // oxlint-disable-next-line no-await-in-loop -- one application after the other
      await expect(begin(() => use(wrong as number))).rejects.toThrow(path);
    }
    await expect(begin(() => use('50s'))).resolves.toBeDefined();
  });
});
