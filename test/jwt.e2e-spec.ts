import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import { AuthModule, basic, bearer, CurrentUser, type HttpRequest, Scopes, StepUp } from 'nestjs-http-auth';
import { jwt, type JwtClaims, type JwtOptions, type TokenVerifier } from 'nestjs-http-auth/jwt';
import { adapters, start } from './support/application.js';
import { bearerAuthorization, send } from './support/client.js';
import { audience, Issuer, newKey, now, sign } from './support/issuer.js';
import { RecordingLogger } from './support/logger.js';

@Controller()
class ReportsController {
  @Get('me') me(@CurrentUser<JwtClaims>('sub') sub: string) {
    return { sub };
  }
  @Scopes('reports:read') @Get('reports') reports() {}
  @StepUp({ acrValues: ['phr'], maxAge: 60 }) @Get('payments') payments() {}
}

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
});

afterAll(() => issuer.stop());

describe.each(adapters)('A JWT on %s', (_name, create) => {
  function application(options: Partial<JwtOptions> = {}, logger?: RecordingLogger): Promise<INestApplication> {
    const all = { issuer: issuer.url, audience, ...options } as JwtOptions;
    const schemes = [bearer(jwt(all)), basic(() => null)];
    return start(
      create(),
      { imports: [AuthModule.forRoot({ realm: 'Staging', schemes })], controllers: [ReportsController] },
      undefined,
      logger && { logger },
    );
  }

  it('is accepted on the first and on repeated requests, and its claims are the user', async () => {
    const app = await application();
    const headers = bearerAuthorization(await issuer.token());
    for (let time = 0; time < 3; time++) {
      const answer = await send(app, '/me', { headers });
      expect([answer.status, answer.json()]).toEqual([200, { sub: 'alice' }]);
    }
  });

  it.each<[what: string, claims: JWTPayload, description: string]>([
    ['[J-4] [J-6] that has expired', { exp: now() - 60 }, 'The token has expired'],
    ['[J-2] [J-6] for another audience', { aud: 'other' }, 'The token is not for this audience'],
    [
      'that is bound to a key',
      { cnf: { jkt: 'x' } },
      'The token is bound to a key, and cannot be used as a bearer token',
    ],
  ])('%s is refused with invalid_token', async (_what, claims, description) => {
    const app = await application();
    const { status, challenges, body } = await send(app, '/me', {
      headers: bearerAuthorization(await issuer.token(claims)),
    });
    expect([status, challenges]).toEqual([
      401,
      [
        `Bearer realm="Staging", error="invalid_token", error_description="${description}"`,
        'Basic realm="Staging", charset="UTF-8"',
      ],
    ]);
    expect(body).not.toContain(description);
  });

  it('[J-6] that is forged is refused with invalid_token', async () => {
    const app = await application();
    const token = await sign(newKey('first'), { iss: issuer.url });
    const { status, challenges } = await send(app, '/me', { headers: bearerAuthorization(token) });
    expect([status, challenges[0]]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
  });

  it('[J-7] needs the scopes of the route', async () => {
    const app = await application();
    const ask = async (scope: string) => {
      const { status, challenges } = await send(app, '/reports', {
        headers: bearerAuthorization(await issuer.token({ scope })),
      });
      return [status, challenges];
    };
    expect(await ask('reports:read other')).toEqual([200, []]);
    expect(await ask('reports:readall')).toEqual([
      403,
      ['Bearer realm="Staging", error="insufficient_scope", scope="reports:read"'],
    ]);
  });

  it('[U-6] needs the acr and the auth_time of the route', async () => {
    const app = await application();
    const ask = async (claims: JWTPayload) =>
      (await send(app, '/payments', { headers: bearerAuthorization(await issuer.token(claims)) })).status;
    expect(await ask({ acr: 'phr', auth_time: now() - 10 })).toBe(200);
    expect(await ask({ acr: 'phr', auth_time: now() - 100 })).toBe(401);
    expect(await ask({ acr: 'pwd', auth_time: now() - 10 })).toBe(401);
    expect(await ask({})).toBe(401);
  });

  it('gets 503 if the issuer is down, and the log does not contain the token', async () => {
    const down = await Issuer.start();
    const token = await down.token();
    await down.stop();
    const logger = new RecordingLogger();
    const app = await application({ issuer: down.url }, logger);
    const { status, headers, challenges, body } = await send(app, '/me', { headers: bearerAuthorization(token) });
    expect([status, headers['retry-after'], challenges]).toEqual([503, '5', []]);
    expect(body).toBe('{"message":"Service Unavailable","statusCode":503}');
    expect(logger.text()).toContain('openid-configuration failed');
    expect(token.split('.').filter((part) => logger.text().includes(part))).toEqual([]);
  });

  it('is accepted only by its tenant, if the path chooses the realm and the issuer', async () => {
    const tenants = { a: await Issuer.start(), b: await Issuer.start() };
    const tenantOf = ({ url }: HttpRequest) => url.split('/')[1] as keyof typeof tenants;

    @Controller(':tenant')
    class TenantController {
      @Get('me') me(@CurrentUser<JwtClaims>('iss') iss: string) {
        return iss;
      }
    }
    try {
      const app = await start(create(), {
        imports: [
          AuthModule.forRoot({
            realm: (request: HttpRequest) => `Tenant ${tenantOf(request)}`,
            schemes: [
              bearer(
                jwt({
                  issuers: (request: HttpRequest) => {
                    const tenant = tenants[tenantOf(request)];
                    return tenant === undefined ? [] : [{ issuer: tenant.url, audience }];
                  },
                }),
              ),
            ],
          }),
        ],
        controllers: [TenantController],
      });
      const token = await tenants.a.token();
      const ask = (path: string) => send(app, path, { headers: bearerAuthorization(token) });
      for (let time = 0; time < 2; time++) {
        expect(await ask('/a/me')).toMatchObject({ status: 200, body: tenants.a.url });
        expect(await ask('/b/me')).toMatchObject({
          status: 401,
          challenges: [expect.stringMatching(/^Bearer realm="Tenant b", error="invalid_token"/)],
        });
        expect(await ask('/c/me')).toMatchObject({ status: 401 });
      }
      expect(tenants.b.asked).toEqual([]);
    } finally {
      await Promise.all([tenants.a.stop(), tenants.b.stop()]);
    }
  });

  it('is accepted only by its tenant, if the host chooses the verifier', async () => {
    const tenants: Readonly<Record<string, TokenVerifier<JwtClaims>>> = {
      'a.example': jwt({ issuer: issuer.url, audience: 'a' }),
      'b.example': jwt({ issuer: issuer.url, audience: 'b' }),
    };
    const app = await start(create(), {
      imports: [
        AuthModule.forRoot({
          realm: 'Tenants',
          schemes: [
            bearer((credentials, request) => tenants[request.headers.host ?? '']?.(credentials, request) ?? null),
          ],
        }),
      ],
      controllers: [ReportsController],
    });
    const token = await issuer.token({ aud: 'a' });
    const ask = async (host: string) =>
      (await send(app, '/me', { headers: { host, ...bearerAuthorization(token) } })).status;
    expect([await ask('a.example'), await ask('b.example'), await ask('c.example')]).toEqual([200, 401, 401]);
  });

  it('is refused if its user is removed', async () => {
    const users = new Map([['alice', { sub: 'Alice of the store' }]]);
    const principal = async ({ sub = '' }: JwtClaims) => Promise.resolve(users.get(sub) ?? null);
    const app = await application({ principal } as never);
    const headers = bearerAuthorization(await issuer.token({ scope: 'reports:read' }));
    expect((await send(app, '/me', { headers })).json()).toEqual({ sub: 'Alice of the store' });
    expect((await send(app, '/reports', { headers })).status).toBe(200);
    users.clear();
    expect((await send(app, '/me', { headers })).status).toBe(401);
  });
});
