import { describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { apiKey, AuthModule, bearer, CurrentUser, RefusedException, Scopes } from 'nestjs-http-auth';
import { type StoredToken, token, tokens, type TokensOptions } from 'nestjs-http-auth/tokens';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import type { User } from './support/schemes.js';

@Controller()
class InvoicesController {
  @Get() me(@CurrentUser() user: User) {
    return user;
  }
  @Scopes('invoices:write') @Post() write() {}
}

/** A store that counts lookups. */
class Store {
  readonly find = jest.fn((hash: string): StoredToken<User> | null => this.records.get(hash) ?? null);
  private readonly records = new Map<string, StoredToken<User>>();

  /** Stores a token that exists already. */
  add(text: string, record: Partial<StoredToken<User>> = {}): string {
    const hash = token.hash(text);
    this.records.set(hash, { hash, principal: { name: 'billing' }, scopes: ['invoices:read'], ...record });
    return text;
  }

  issue(prefix = 'acme_live', record: Partial<StoredToken<User>> = {}): string {
    return this.add(token.create({ prefix }).token, record);
  }
}

/** Changes one character. */
const mistype = (text: string, at: number) => text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);

describe.each(adapters)('The options of tokens() on %s', (_name, adapter) => {
  const application = async (store: Store, options: TokensOptions<User>) => {
    const logger = new RecordingLogger();
    const verify = tokens(store.find, options);
    const app = await start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [apiKey(verify), bearer(verify)] })],
        controllers: [InvoicesController],
      },
      undefined,
      { logger },
    );
    const as = (key: string, method = 'GET') => send(app, '/', { method, headers: { 'x-api-key': key } });
    const bearing = (key: string) => send(app, '/', { headers: bearerAuthorization(key) });
    return { app, as, bearing, logger };
  };

  it('accept a token with the prefix and the checksum', async () => {
    const store = new Store();
    const { as, bearing } = await application(store, { prefix: 'acme_live', checksum: true });
    const key = store.issue();
    expect((await as(key)).json()).toEqual({ name: 'billing' });
    expect((await bearing(key)).json()).toEqual({ name: 'billing' });
  });

  it('refuse a token with another prefix without a lookup', async () => {
    const store = new Store();
    const { as, bearing } = await application(store, { prefix: 'acme_live' });
    const others = ['acme_test', 'acme', 'ACME_LIVE', 'acme_live2'].map((prefix) => store.issue(prefix));
    const bare = store.add(token.create().token);
    for (const key of [...others, bare, 'acme_live', `acme-live_${bare}`]) {
      expect(await as(key)).toMatchObject({ status: 401 });
      expect(await bearing(key)).toMatchObject({
        status: 401,
        challenges: [
          'ApiKey realm="Staging", header="X-API-Key"',
          'Bearer realm="Staging", error="invalid_token", error_description="The token has another prefix"',
        ],
      });
    }
    expect(store.find).not.toHaveBeenCalled();
  });

  it('refuse a mistyped token without a lookup', async () => {
    const store = new Store();
    const { as, bearing } = await application(store, { checksum: true });
    const key = store.issue();
    const old = store.add(token.create({ prefix: 'acme_live', checksum: false }).token);
    const wrong = [mistype(key, 10), mistype(key, key.length - 1), key.slice(0, -1), `${key}0`, key.toLowerCase(), old];
    for (const mistyped of wrong) {
      expect(await as(mistyped)).toMatchObject({ status: 401 });
      const { challenges } = await bearing(mistyped);
      expect(challenges[1]).toMatch(/error="invalid_token", error_description="The token is incomplete or mistyped"$/);
    }
    expect(store.find).not.toHaveBeenCalled();
    // The checksum does not prove that a token exists.
    expect(await as(token.create({ prefix: 'acme_live' }).token)).toMatchObject({ status: 401 });
    expect(store.find).toHaveBeenCalledTimes(1);
  });

  it('accept the tokens of version 0.1, which have no checksum, unless the option requires one', async () => {
    const store = new Store();
    const { as } = await application(store, { prefix: 'acme' });
    // Made by version 0.1.
    const old = store.add('acme_xygcaBsY4uWYwSgErRka5WXq6_PaAGXm5sd3jRNv9wA');
    expect(await as(old)).toMatchObject({ status: 200 });
    expect(await as(store.issue('acme'))).toMatchObject({ status: 200 });
  });

  it('allow a rotation without a time in which no key is valid', async () => {
    const store = new Store();
    const { as } = await application(store, { prefix: 'acme_live', checksum: true });
    const [old, next] = [store.issue(), store.issue()];
    const ends = (milliseconds: number) => store.add(old, { expiresAt: new Date(Date.now() + milliseconds) });
    ends(60_000);
    for (const key of [old, next]) expect(await as(key)).toMatchObject({ status: 200 });
    ends(-1);
    expect(await as(old)).toMatchObject({ status: 401 });
    expect(await as(next)).toMatchObject({ status: 200 });
  });

  it('call onUse with the record and the request if a token was accepted', async () => {
    const store = new Store();
    const used: unknown[] = [];
    const { as } = await application(store, {
      onUse: (stored, { url, headers }) => void used.push([stored.hash, url, headers['x-api-key']]),
    });
    const [one, two] = [store.issue(), store.issue()];
    for (const key of [one, one, two]) expect(await as(key)).toMatchObject({ status: 200 });
    expect(used).toEqual([
      [token.hash(one), '/', one],
      [token.hash(two), '/', two],
    ]);
  });

  it('do not call onUse if a token was refused, but call it if only the guard refuses the request', async () => {
    const store = new Store();
    const onUse = jest.fn<() => void>();
    const { as } = await application(store, { prefix: 'acme_live', onUse });
    const expired = store.issue('acme_live', { expiresAt: new Date(Date.now() - 1) });
    const nobody = store.issue('acme_live', { principal: null as never });
    for (const key of [expired, nobody, store.issue('acme_test'), token.create({ prefix: 'acme_live' }).token]) {
      expect(await as(key)).toMatchObject({ status: 401 });
    }
    expect(onUse).not.toHaveBeenCalled();
    expect(await as(store.issue(), 'POST')).toMatchObject({ status: 403 });
    expect(onUse).toHaveBeenCalledTimes(1);
  });

  it.each<[what: string, onUse: () => Promise<void> | void]>([
    ['rejects', () => Promise.reject(new Error('the database is down'))],
    [
      'throws',
      () => {
        throw new Error('the database is down');
      },
    ],
  ])('accept the request and log the error without the key if onUse %s', async (_what, onUse) => {
    const store = new Store();
    const { as, logger } = await application(store, { onUse });
    const key = store.issue();
    expect(await as(key)).toMatchObject({ status: 200 });
    expect(logger.text()).toContain('the database is down');
    expect(logger.text()).not.toContain(key);
  });

  it('do not wait for onUse', async () => {
    const store = new Store();
    let finish: (() => void) | undefined;
    const onUse = () => new Promise<void>((resolve) => (finish = resolve));
    const { as } = await application(store, { onUse });
    expect(await as(store.issue())).toMatchObject({ status: 200 });
    finish?.();
  });
});

describe('tokens()', () => {
  it.each<[options: unknown, message: string]>([
    [{ prefix: 'acme_' }, 'tokens(): prefix must be letters and digits with single underscores between them'],
    [{ prefix: '' }, 'tokens(): prefix must be'],
    [{ prefix: 5 }, 'tokens(): prefix must be'],
    [{ checksum: 'crc32' }, 'tokens(): checksum must be true or false'],
    [{ onUse: 'log' }, 'tokens(): onUse must be a function'],
    [{ useInterval: '1m' }, 'tokens(): useInterval has no effect without onUse'],
    [{ onUse: () => undefined, useInterval: 0 }, 'tokens(): useInterval must be a duration of at least 1 millisecond'],
    [{ onUse: () => undefined, useInterval: '900' }, 'tokens(): useInterval must be a duration'],
    [
      { previousHash: true },
      'tokens(): previousHash is not an option; the options are prefix, checksum, onUse, useInterval',
    ],
  ])('throws an error at startup for %j', (options, message) => {
    const create = () => tokens(() => null, options as never);
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_AUTH_TOKEN_OPTION' }));
    expect(create).toThrow(message);
  });

  it.each([
    [{ prefix: 'acme_live' }, 'The token has another prefix'],
    [{ checksum: true }, 'The token is incomplete or mistyped'],
  ])('throws a refusal to the application that calls it with %j', async (options, message) => {
    const verify = tokens(() => null, options);
    const error: unknown = await verify({ token: 'x' }, {} as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RefusedException);
    expect(error).toMatchObject({ message, failure: { reason: 'invalid', scheme: 'Bearer', status: 401 } });
  });
});
