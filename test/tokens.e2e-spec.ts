import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import {
  admit,
  AuthModule,
  bearer,
  CurrentUser,
  Failure,
  type HttpRequest,
  RefusedException,
  Scopes,
} from 'nestjs-http-auth';
import { type FindToken, type StoredToken, token, tokens } from 'nestjs-http-auth/tokens';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import type { User } from './support/schemes.js';

@Controller()
class ReportsController {
  @Get('me') me(@CurrentUser() user: User) {
    return user;
  }
  @Scopes('reports:read') @Get('reports') read() {
    return [];
  }
  @Scopes('reports:write') @Post('reports') write() {
    return {};
  }
}

/** A store that finds records by their hashes, and records each call. */
class Store {
  readonly asked: string[] = [];
  private readonly stored = new Map<string, StoredToken<User>>();

  issue(record: Partial<StoredToken<User>> = {}): string {
    const created = token.create({ prefix: 'acme' });
    this.stored.set(created.hash, { hash: created.hash, principal: { name: 'alice' }, ...record });
    return created.token;
  }

  revoke(issued: string): void {
    this.stored.delete(token.hash(issued));
  }

  find = (hash: string): StoredToken<User> | null => {
    this.asked.push(hash);
    return this.stored.get(hash) ?? null;
  };
}

const challenge = 'Bearer realm="Staging"';
const refused = `${challenge}, error="invalid_token"`;
const tomorrow = () => new Date(Date.now() + 86_400_000);
const justNow = () => new Date(Date.now() - 1);

describe.each(adapters)('tokens() on %s', (_, adapter) => {
  const application = (find: FindToken<User>, logger?: RecordingLogger) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(tokens(find))] })],
        controllers: [ReportsController],
      },
      undefined,
      { logger: logger ?? false },
    );

  it.each([
    ['a record', (store: Store) => store.find],
    ['a promise', (store: Store) => (hash: string) => Promise.resolve(store.find(hash))],
  ])('accepts a token if the store returns %s', async (_how, ask) => {
    const store = new Store();
    const app = await application(ask(store));
    const issued = store.issue({ expiresAt: tomorrow() });
    const answer = await send(app, '/me', { headers: bearerAuthorization(issued) });
    expect([answer.status, answer.json()]).toEqual([200, { name: 'alice' }]);
    // The store gets the hash, and never the token.
    expect(store.asked).toEqual([token.hash(issued)]);
  });

  it('refuses a token that the store does not have', async () => {
    const store = new Store();
    const app = await application(store.find);
    const issued = store.issue();
    const others = [token.create().token, token.hash(issued), `${issued}x`, issued.slice(0, -1), issued.toUpperCase()];
    for (const other of others) {
      const answer = await send(app, '/me', { headers: bearerAuthorization(other) });
      expect(answer).toMatchObject({ status: 401, challenges: [refused] });
    }
    store.revoke(issued);
    expect(await send(app, '/me', { headers: bearerAuthorization(issued) })).toMatchObject({ status: 401 });
  });

  it('refuses a token if the store returns the record of another token', async () => {
    const store = new Store();
    const issued = store.issue();
    const app = await application(() => store.find(token.hash(issued)));
    expect(await send(app, '/me', { headers: bearerAuthorization(issued) })).toMatchObject({ status: 200 });
    expect(await send(app, '/me', { headers: bearerAuthorization('another') })).toMatchObject({
      status: 401,
      challenges: [refused],
    });
  });

  it('refuses a token that has expired, with a description', async () => {
    const store = new Store();
    const app = await application(store.find);
    const answer = await send(app, '/me', { headers: bearerAuthorization(store.issue({ expiresAt: justNow() })) });
    expect(answer).toMatchObject({
      status: 401,
      challenges: [`${refused}, error_description="The token has expired"`],
    });
  });

  it('checks the scopes of a token', async () => {
    const store = new Store();
    const app = await application(store.find);
    const reader = bearerAuthorization(store.issue({ scopes: ['reports:read'] }));
    expect(await send(app, '/reports', { headers: reader })).toMatchObject({ status: 200 });
    expect(await send(app, '/reports', { method: 'POST', headers: reader })).toMatchObject({
      status: 403,
      challenges: [`${challenge}, error="insufficient_scope", scope="reports:write"`],
    });
  });

  it.each([undefined, null])(
    'does not use the scopes of the principal if the scopes of the token are %s',
    async (scopes) => {
      const store = new Store();
      const app = await application(store.find);
      const principal = { name: 'alice', scopes: ['reports:read'] };
      const issued = store.issue(scopes === undefined ? { principal } : { principal, scopes });
      expect(await send(app, '/reports', { headers: bearerAuthorization(issued) })).toMatchObject({ status: 403 });
    },
  );

  it.each([
    ['hash', { hash: 'plain' }, 'the hash of a stored token is invalid'],
    ['hash', { hash: undefined }, 'the hash of a stored token is invalid'],
    ['expiresAt', { expiresAt: 1_900_000_000 }, 'expiresAt of a stored token is invalid'],
    ['expiresAt', { expiresAt: new Date(NaN) }, 'expiresAt of a stored token is invalid'],
    ['scopes', { scopes: 'reports:read' }, 'the scopes of a stored token are invalid'],
  ])('responds with 500 if the %s of a record is invalid: %j', async (_what, record, sentence) => {
    const store = new Store();
    const logger = new RecordingLogger();
    const app = await application(store.find, logger);
    const issued = store.issue(record as Partial<StoredToken<User>>);
    const answer = await send(app, '/me', { headers: bearerAuthorization(issued) });
    expect(answer).toMatchObject({ status: 500, challenges: [], body: expect.not.stringContaining('token') });
    expect(logger.text()).toContain(sentence);
    for (const secret of [issued, token.hash(issued)]) expect(logger.text()).not.toContain(secret);
  });

  it('responds with 500 if the store is down', async () => {
    const logger = new RecordingLogger();
    const app = await application((hash) => Promise.reject(new Error(`no answer for ${hash}`)), logger);
    const { token: issued } = token.create();
    expect(await send(app, '/me', { headers: bearerAuthorization(issued) })).toMatchObject({
      status: 500,
      challenges: [],
    });
    expect(logger.text()).not.toContain(issued);
  });
});

describe('tokens()', () => {
  const record = (more: Partial<StoredToken<unknown>> = {}) => {
    const created = token.create();
    return { ...created, stored: { hash: created.hash, principal: { name: 'alice' }, ...more } };
  };
  const request = {} as HttpRequest;

  it('returns the principal with the scopes of the token', async () => {
    const { token: issued, stored } = record({ scopes: ['a'] });
    expect(await tokens(() => stored)({ token: issued }, request)).toEqual(admit({ name: 'alice' }, { scopes: ['a'] }));
  });

  it('returns the end of the token', async () => {
    const expiresAt = tomorrow();
    const { token: issued, stored } = record({ expiresAt });
    const { info } = await tokens(() => stored)({ token: issued }, request);
    expect(info).toEqual({ scopes: [], expiresAt });
  });

  it.each<[what: string, change: Partial<StoredToken<unknown>> | null, message: string]>([
    ['is not in the store', null, 'The credentials are invalid'],
    ['has another hash', { hash: token.hash('other') }, 'The credentials are invalid'],
    ['has expired', { expiresAt: justNow() }, 'The token has expired'],
    ['has no principal', { principal: null }, 'The credentials are invalid'],
    ['has a failure as its principal', { principal: new Failure('invalid') }, 'The credentials are invalid'],
    ['has an admission of a failure', { principal: admit(new Failure('invalid'), {}) }, 'The credentials are invalid'],
  ])('throws a refusal if the token %s', async (_what, change, message) => {
    const { token: issued, stored } = record(change ?? {});
    const verify = tokens(() => (change === null ? null : stored));
    const error: unknown = await verify({ token: issued }, request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedException);
    expect(error).toMatchObject({ message, failure: { reason: 'invalid', scheme: 'Bearer', status: 401 } });
  });

  it('throws an error with a code if the record is invalid', async () => {
    const { token: issued, stored } = record({ hash: 'plain' });
    const verified = tokens(() => stored)({ token: issued }, request);
    await expect(verified).rejects.toMatchObject({ name: 'AuthConfigurationError', code: 'ERR_AUTH_STORED_TOKEN' });
  });

  it('stops startup if find is not a function', () => {
    const code = 'ERR_AUTH_TOKEN_OPTION';
    const message = expect.stringContaining('tokens(): find must be a function');
    expect(() => tokens({} as never)).toThrow(expect.objectContaining({ code, message }));
  });
});
