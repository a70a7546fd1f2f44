import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { AuthModule, bearer, CurrentUser, Scopes } from 'nestjs-http-auth';
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

/** A store, which is asked by hashes, and remembers what it was asked. */
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
    ['at once', (store: Store) => store.find],
    ['later', (store: Store) => (hash: string) => Promise.resolve(store.find(hash))],
  ])('lets the holder of a token in, where the store answers %s', async (_how, ask) => {
    const store = new Store();
    const app = await application(ask(store));
    const issued = store.issue({ expiresAt: tomorrow() });
    const answer = await send(app, '/me', { headers: bearerAuthorization(issued) });
    expect([answer.status, answer.json()]).toEqual([200, { name: 'alice' }]);
    // The store sees the hash, and never the token.
    expect(store.asked).toEqual([token.hash(issued)]);
  });

  it('refuses what the store does not have', async () => {
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

  it('refuses what a store that compares loosely takes for another one', async () => {
    const store = new Store();
    const issued = store.issue();
    const app = await application(() => store.find(token.hash(issued)));
    expect(await send(app, '/me', { headers: bearerAuthorization(issued) })).toMatchObject({ status: 200 });
    expect(await send(app, '/me', { headers: bearerAuthorization('another') })).toMatchObject({
      status: 401,
      challenges: [refused],
    });
  });

  it('says that a token has expired', async () => {
    const store = new Store();
    const app = await application(store.find);
    const answer = await send(app, '/me', { headers: bearerAuthorization(store.issue({ expiresAt: justNow() })) });
    expect(answer).toMatchObject({
      status: 401,
      challenges: [`${refused}, error_description="The token has expired"`],
    });
  });

  it('holds a token to its scopes', async () => {
    const store = new Store();
    const app = await application(store.find);
    const reader = bearerAuthorization(store.issue({ scopes: ['reports:read'] }));
    expect(await send(app, '/reports', { headers: reader })).toMatchObject({ status: 200 });
    expect(await send(app, '/reports', { method: 'POST', headers: reader })).toMatchObject({
      status: 403,
      challenges: [`${challenge}, error="insufficient_scope", scope="reports:write"`],
    });
  });

  it.each([undefined, null])('gives a token with no scopes (%s) none of its principal’s', async (scopes) => {
    const store = new Store();
    const app = await application(store.find);
    const principal = { name: 'alice', scopes: ['reports:read'] };
    const issued = store.issue(scopes === undefined ? { principal } : { principal, scopes });
    expect(await send(app, '/reports', { headers: bearerAuthorization(issued) })).toMatchObject({ status: 403 });
  });

  it.each([
    ['hash', { hash: 'plain' }, 'the hash of a stored token must be'],
    ['hash', { hash: undefined }, 'the hash of a stored token must be'],
    ['expiresAt', { expiresAt: 1_900_000_000 }, 'expiresAt of a stored token must be a Date'],
    ['expiresAt', { expiresAt: new Date(NaN) }, 'expiresAt of a stored token must be a Date'],
    ['scopes', { scopes: 'reports:read' }, 'the scopes of a stored token must be a list'],
  ])('calls a broken %s the server’s fault: %j', async (_what, record, sentence) => {
    const store = new Store();
    const logger = new RecordingLogger();
    const app = await application(store.find, logger);
    const issued = store.issue(record as Partial<StoredToken<User>>);
    const answer = await send(app, '/me', { headers: bearerAuthorization(issued) });
    expect(answer).toMatchObject({ status: 500, challenges: [], body: expect.not.stringContaining('token') });
    expect(logger.text()).toContain(sentence);
    for (const secret of [issued, token.hash(issued)]) expect(logger.text()).not.toContain(secret);
  });

  it('calls a store that is down the server’s fault', async () => {
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
  it('says so where it is given no function', () => {
    expect(() => tokens({} as never)).toThrow('tokens(): find must be a function');
  });
});
