import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { AuthModule, bearer, CurrentUser, Scopes } from 'nestjs-http-auth';
import { jwt, type JwtClaims, type JwtSettings, oidcProvider } from 'nestjs-http-auth/jwt';
import { adapters, start } from './support/application.js';
import { AuthorizationServer } from './support/authorization-server.js';
import { bearerAuthorization, send } from './support/client.js';

@Controller()
class ReportsController {
  @Get('me') me(@CurrentUser<JwtClaims>('client_id') client: string) {
    return client;
  }
  @Scopes('reports:write') @Get('reports') write() {}
}

const audience = 'https://api.example';

// Its process starts several times, and each start is slow.
jest.setTimeout(60_000);

let server: AuthorizationServer;

beforeAll(async () => {
  server = await AuthorizationServer.start();
});

afterAll(() => server.stop());

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(adapters)('An authorization server with an application on %s', (_name, create) => {
  const application = (options: JwtSettings = {}) =>
    start(create(), {
      imports: [
        AuthModule.forRoot({
          realm: 'Reports',
          schemes: [bearer(jwt({ ...oidcProvider({ issuer: server.issuer, audience }), ...options }))],
        }),
      ],
      controllers: [ReportsController],
    });

  const ask = async (app: INestApplication, token: string, path = '/me') =>
    (await send(app, path, { headers: bearerAuthorization(token) })).status;

  /** Returns a token with the signature of another token. */
  const forged = async (): Promise<string> => {
    const [one, other] = await Promise.all([server.token(), server.token()]);
    return one.slice(0, one.lastIndexOf('.')) + other.slice(other.lastIndexOf('.'));
  };

  it('issues tokens of RFC 9068 that are accepted if they have the required scope', async () => {
    const app = await application();
    const [read, write] = await Promise.all([server.token(), server.token({ scope: 'reports:write' })]);
    expect((await send(app, '/me', { headers: bearerAuthorization(read) })).body).toBe('service');
    expect([await ask(app, read, '/reports'), await ask(app, write, '/reports')]).toEqual([403, 200]);
  });

  it('issues tokens for others and opaque tokens, which are refused', async () => {
    const app = await application();
    const [other, opaque, bad] = await Promise.all([
      server.token({ resource: 'https://other.example' }),
      server.token({ resource: 'https://api.example/opaque' }),
      forged(),
    ]);
    expect([await ask(app, other), await ask(app, opaque), await ask(app, bad)]).toEqual([401, 401, 401]);
  });

  it('may change its keys without a restart of the application', async () => {
    const app = await application({ keys: { maxAge: 100 } });
    const old = await server.token();
    expect(await ask(app, old)).toBe(200);
    await server.stop();
    server.rotate();
    await server.start();
    const fresh = await server.token();
    expect(await ask(app, fresh)).toBe(200);
    // A token of the old key is refused, although it was valid a moment ago.
    expect(await ask(app, old)).toBe(401);
  });

  it('may stop: the application responds with 503 only if it has no keys', async () => {
    const [before, after] = [await application(), await application({ keys: { cooldown: 50 } })];
    const tokens = [await server.token(), await server.token()] as const;
    expect(await ask(before, tokens[0])).toBe(200);
    await server.stop();
    try {
      expect([await ask(before, tokens[0]), await ask(before, tokens[1])]).toEqual([200, 200]);
      expect(await ask(after, tokens[0])).toBe(503);
    } finally {
      await server.start();
    }
    await pause(100);
    expect(await ask(after, tokens[0])).toBe(200);
  });

  it('may stop and start under load, with other keys, and no valid token is refused and no forged token accepted', async () => {
    const app = await application({ keys: { maxAge: 50, cooldown: 50, timeout: 1000 } });
    const good = await Promise.all(Array.from({ length: 20 }, () => server.token()));
    const bad = await Promise.all([forged(), forged()]);
    const seen = { good: new Set<number>(), bad: new Set<number>() };
    const load = async (kind: 'good' | 'bad', tokens: readonly string[], goes: () => boolean) => {
      for (let index = 0; goes(); index++) {
        seen[kind].add(await ask(app, tokens[index % tokens.length] as string));
        await pause(5);
      }
    };
    expect(await ask(app, good[0] as string)).toBe(200);
    let over = false;
    // Half of the valid tokens arrive for the first time while it is down.
    const loads = [load('good', good.slice(0, 10), () => !over), load('bad', bad, () => !over)];
    await server.stop();
    loads.push(load('good', good, () => !over));
    await pause(500);
    await server.start();
    await pause(200);
    over = true;
    await Promise.all(loads);
    expect([[...seen.good], [...seen.bad]]).toEqual([[200], [401]]);

    await server.stop();
    server.rotate();
    await server.start();
    const fresh = await server.token();
    let status = await ask(app, fresh);
    // Until the keys are fetched again, the verifier cannot decide.
    while (status === 503) {
      await pause(10);
      status = await ask(app, fresh);
    }
    expect([status, await ask(app, good[0] as string)]).toEqual([200, 401]);
  });
});
