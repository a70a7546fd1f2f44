import { describe, expect, it } from '@jest/globals';
import {
  AuthModule,
  basic,
  bearer,
  apiKey,
  cookie,
  passportStrategy,
  protect,
  type SchemeDefinition,
  StepUp,
} from 'nestjs-http-auth';
import { fromProxy, fromTls } from 'nestjs-http-auth/certificates';
import { digest } from 'nestjs-http-auth/digest';
import { dpop } from 'nestjs-http-auth/dpop';
import { introspection } from 'nestjs-http-auth/introspection';
import { auth0, betterAuth, cognito, entraId, google, jwt, keycloak, oidcProvider, okta } from 'nestjs-http-auth/jwt';
import { BackChannelLogoutModule } from 'nestjs-http-auth/logout';
import { htpasswd, password, passwords, users } from 'nestjs-http-auth/passwords';
import { RpcAuthModule } from 'nestjs-http-auth/rpc';
import { ticket } from 'nestjs-http-auth/tickets';
import { token, tokens } from 'nestjs-http-auth/tokens';
import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
import { Controller, Get } from '@nestjs/common';
import { adapters, start } from './support/application.js';
import { options, schemes } from './support/schemes.js';

const verify = () => null;
const secret = 'a secret of thirty-two characters';
const origin = 'https://api.example';
const issuer = { issuer: 'https://issuer.example', audience: 'api', secret };
const endpoint = { endpoint: 'https://issuer.example/introspect', audience: 'api', clientId: 'a', clientSecret: 'b' };
const resource = { url: 'https://api.example', authorizationServers: ['https://issuer.example'] };

const flows = { clientCredentials: { tokenUrl: 'https://issuer.example/token' } };
const oauth = { type: 'oauth2', flows } as const;

/** A mistyped option for each function, and the path in the message. */
const mistakes: [path: string, use: (mistake: object) => unknown][] = [
  ['AuthModule: ', (mistake) => ({ ...options, ...mistake })],
  ['challenges.', (challenges) => ({ ...options, challenges })],
  ['resource.', (mistake) => ({ ...options, resource: { ...resource, ...mistake } })],
  ['basic(): ', (mistake) => ({ ...options, schemes: [basic(verify, mistake)] })],
  ['basic(): limits.', (limits) => ({ ...options, schemes: [basic(verify, { limits })] })],
  ['bearer(): ', (mistake) => ({ ...options, schemes: [bearer(verify, mistake)] })],
  [
    'bearer(): openapi.',
    (mistake) => ({ ...options, schemes: [bearer(verify, { openapi: { ...oauth, ...mistake } })] }),
  ],
  [
    'bearer(): openapi.flows.',
    (mistake) => ({
      ...options,
      schemes: [bearer(verify, { openapi: { ...oauth, flows: { ...flows, ...mistake } } })],
    }),
  ],
  [
    'bearer(): openapi.flows.clientCredentials.',
    (mistake) => {
      const clientCredentials = { ...flows.clientCredentials, ...mistake };
      return { ...options, schemes: [bearer(verify, { openapi: { ...oauth, flows: { clientCredentials } } })] };
    },
  ],
  ['bearer(): limits.', (limits) => ({ ...options, schemes: [bearer(verify, { limits })] })],
  ['apiKey(): ', (mistake) => ({ ...options, schemes: [apiKey(verify, mistake)] })],
  ['cookie(): ', (mistake) => ({ ...options, schemes: [cookie(verify, { name: 'sid', ...mistake })] })],
  ['cookie(): limits.', (limits) => ({ ...options, schemes: [cookie(verify, { name: 'sid', limits })] })],
  ['digest(): ', (mistake) => ({ ...options, schemes: [digest(verify, mistake)] })],
  ['digest(): nonces.', (nonces) => ({ ...options, schemes: [digest(verify, { nonces })] })],
  ['digest(): replay.', (replay) => ({ ...options, schemes: [digest(verify, { replay })] })],
  ['digest(): limits.', (limits) => ({ ...options, schemes: [digest(verify, { limits })] })],
  ['dpop(): ', (mistake) => ({ ...options, schemes: [dpop(verify, { origin, ...mistake })] })],
  ['dpop(): nonces.', (nonces) => ({ ...options, schemes: [dpop(verify, { origin, nonces: { secret, ...nonces } })] })],
  ['dpop(): replay.', (replay) => ({ ...options, schemes: [dpop(verify, { origin, replay })] })],
  ['dpop(): limits.', (limits) => ({ ...options, schemes: [dpop(verify, { origin, limits })] })],
  ['fromTls(): ', (mistake) => fromTls(mistake)],
  [
    'fromProxy(): ',
    (mistake) => fromProxy({ field: 'Client-Cert', format: 'rfc9440', trusted: ['10.0.0.0/8'], ...mistake }),
  ],
  ['ticket(): ', (mistake) => ({ ...options, schemes: [...schemes, ticket(mistake)] })],
  ['scopes.', (scopes) => ({ ...options, scopes })],
  ['streams.', (streams) => ({ ...options, streams })],
  ['WebSocketAuthModule: ', (mistake) => WebSocketAuthModule.forRoot(mistake)],
  ['RpcAuthModule: ', (mistake) => RpcAuthModule.forRoot(mistake)],
  [
    'passportStrategy(): ',
    (mistake) => {
      const strategy = { name: 'x', authenticate: verify };
      return { ...options, schemes: [passportStrategy(strategy, { scheme: 'X', ...mistake })] };
    },
  ],
  ['jwt(): ', (mistake) => jwt({ ...issuer, ...mistake })],
  ['jwt(): ', (mistake) => jwt({ issuers: [issuer], ...mistake })],
  ['jwt(): issuers: ', (mistake) => jwt({ issuers: [{ ...issuer, ...mistake }] })],
  ['jwt(): keys.', (keys) => jwt({ ...issuer, keys })],
  ['jwt(): cache.', (cache) => jwt({ ...issuer, cache })],
  ['keycloak(): ', (mistake) => keycloak({ url: 'https://login.example', realm: 'a', audience: 'api', ...mistake })],
  ['auth0(): ', (mistake) => auth0({ domain: 'example.auth0.com', audience: 'api', ...mistake })],
  ['okta(): ', (mistake) => okta({ domain: 'example.okta.com', audience: 'api', ...mistake })],
  ['cognito(): ', (mistake) => cognito({ userPoolId: 'eu-west-1_Example', clients: true, ...mistake })],
  ['entraId(): ', (mistake) => entraId({ tenant: 'common', version: 2, audience: 'api', ...mistake })],
  ['google(): ', (mistake) => google({ audience: 'api', emails: null, ...mistake })],
  ['betterAuth(): ', (mistake) => betterAuth({ url: 'https://app.example', ...mistake })],
  ['oidcProvider(): ', (mistake) => oidcProvider({ issuer: 'https://login.example', audience: 'api', ...mistake })],
  ['jwt(): revocation.', (mistake) => jwt({ ...issuer, revocation: { maxTokenAge: '1h', ...mistake } })],
  [
    'BackChannelLogoutModule: ',
    (mistake) => {
      const verifier = jwt({ ...issuer, revocation: { maxTokenAge: '1h' } });
      return BackChannelLogoutModule.forRoot({ verifier, clientId: 'web', ...mistake });
    },
  ],
  ['introspection(): ', (mistake) => introspection({ ...endpoint, ...mistake })],
  ['introspection(): cache.', (cache) => introspection({ ...endpoint, cache })],
  [
    'introspection(): revocation.',
    (mistake) => introspection({ ...endpoint, revocation: { maxTokenAge: '1h', ...mistake } }),
  ],
  ['users(): ', (mistake) => users({}, mistake)],
  ['users(): cache.', (cache) => users({}, { cache })],
  ['passwords(): ', (mistake) => passwords(verify, mistake)],
  ['passwords(): rehash: ', (rehash) => passwords(verify, { onRehash: () => undefined, rehash })],
  ['htpasswd(): ', (mistake) => htpasswd('/dev/null', mistake)],
  ['password.hash(): ', (mistake) => password.hash('secret', mistake)],
  ['token.create(): ', (mistake) => token.create(mistake)],
  ['tokens(): ', (mistake) => tokens(verify, mistake)],
];

describe('An option that does not exist', () => {
  it.each(mistakes)('causes an error that names it: %s', async (path, use) => {
    const message = new RegExp(`^${path.replaceAll(/[.()]/g, '\\$&')}mistyped is not an option; the options are \\w+`);
    const using = (mistake: object) =>
      (async () => {
        const result: unknown = await use(mistake);
        // The module checks the options of the application and of its schemes.
        if (typeof result !== 'object' || result === null || !('schemes' in result)) return;
        const [, adapter] = adapters[0] as (typeof adapters)[number];
        await start(adapter(), { imports: [AuthModule.forRoot(result as never)] });
      })();
    await expect(using({ mistyped: 1 })).rejects.toThrow(message);
    await expect(using({ mistyped: undefined })).resolves.toBeUndefined();
  });

  it.each([
    ['jwt(): secret', () => jwt({ issuer: 'cron', audience: 'api', secret: undefined as never })],
    ['jwt(): roles', () => jwt({ ...issuer, roles: undefined as never })],
    ['jwt(): issuers: secret', () => jwt({ issuers: [{ ...issuer, secret: undefined }] })],
    ['introspection(): claims', () => introspection({ ...endpoint, claims: undefined as never })],
    ['tokens(): prefix', () => tokens(verify, { prefix: undefined as never })],
    ['apiKey(): header', () => apiKey(verify, { header: undefined as never }).problem()],
    ['fromTls(): required', () => fromTls({ required: undefined })],
    ['cookie(): origins', () => cookie(verify, { name: 'sid', origins: undefined }).problem()],
  ])('causes an error if it is undefined by mistake, and makes the check stricter: %s', (path, use) => {
    let message: unknown;
    try {
      message = use();
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toBe(
      `${path} is undefined; set its value, e.g. the variable of the environment, or leave the option out`,
    );
  });

  it.each<[path: string, kept: string, use: (stored: { redis: undefined }) => SchemeDefinition]>([
    ['basic(): limits.', 'the counters', (limits) => basic(verify, { limits: limits as object })],
    ['bearer(): limits.', 'the counters', (limits) => bearer(verify, { limits: limits as object })],
    ['apiKey(): limits.', 'the counters', (limits) => apiKey(verify, { limits: limits as object })],
    ['cookie(): limits.', 'the counters', (limits) => cookie(verify, { name: 'sid', limits })],
    ['digest(): limits.', 'the counters', (limits) => digest(verify, { limits: limits as object })],
    ['digest(): replay.', 'the used proofs', (replay) => digest(verify, { replay })],
    ['dpop(): replay.', 'the used proofs', (replay) => dpop(verify, { origin, replay })],
    ['dpop(): limits.', 'the counters', (limits) => dpop(verify, { origin, limits: limits as object })],
    ['ticket(): ', 'the tickets', (stored) => ticket(stored as object)],
    [
      'jwt(): revocation.',
      'the list',
      (list) => bearer(jwt({ ...issuer, revocation: { maxTokenAge: '1h', ...list } })),
    ],
    [
      'introspection(): revocation.',
      'the list',
      (list) => bearer(introspection({ ...endpoint, revocation: { maxTokenAge: '1h', ...list } })),
    ],
  ])(
    'stops the startup if it is %sredis, which would silently be the memory of each instance',
    async (path, kept, use) => {
      for (const [, adapter] of adapters) {
        const begin = async () => {
          const imports = [AuthModule.forRoot({ realm: 'Staging', schemes: [use({ redis: undefined })] })];
          return start(adapter(), { imports });
        };
        // oxlint-disable-next-line no-await-in-loop -- one application after the other
        await expect(begin()).rejects.toThrow(
          `${path}redis is undefined; pass a client, or leave the option out to keep ${kept} in memory`,
        );
      }
    },
  );

  it('causes an error if it is a limiter, which would silently be the memory of each instance', () => {
    expect(basic(verify, { limits: { limiter: undefined } as object }).problem()).toMatch(
      /^basic\(\): limits\.limiter is undefined; /,
    );
  });

  it('causes an error of protect()', async () => {
    const [, adapter] = adapters[0] as (typeof adapters)[number];
    const started = start(adapter(), { imports: [AuthModule.forRoot(options)] }, (app) =>
      protect(app, '/docs', { scope: ['a'] } as never),
    );
    await expect(started).rejects.toThrow(/^protect\(\): scope is not an option; the options are access, realm, /);
  });

  it('causes an error of @StepUp()', async () => {
    @Controller()
    class PaymentsController {
      @StepUp({ maxAge: 60, acr: 'mfa' } as never) @Get() pay() {}
    }
    const [, adapter] = adapters[0] as (typeof adapters)[number];
    const started = start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [PaymentsController] });
    await expect(started).rejects.toThrow(
      'PaymentsController.pay(): step-up: acr is not an option; the options are acrValues, maxAge',
    );
  });
});
