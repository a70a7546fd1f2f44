import { describe, expect, it } from '@jest/globals';
import { Controller, ForbiddenException, Get, Injectable, UnauthorizedException } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  anyOf,
  apiKey,
  AuthEvents,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  type BearerCredentials,
  CurrentAuth,
  CurrentUser,
  type HttpAuthVerifier,
  OptionalAuth,
  passportStrategy,
  protect,
  Public,
  Realm,
  RouteReport,
  Schemes,
  Scopes,
  type Verifier,
  type VerifierContext,
  VerifierUnavailableException,
} from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { documentHttpAuth } from 'nestjs-http-auth/openapi';
import { token, tokens } from 'nestjs-http-auth/tokens';
import { SignJWT } from 'jose';
import { adapters, start } from './support/application.js';
import { basicAuthorization, send } from './support/client.js';

/** Accepts one token. */
const only =
  (expected: string) =>
  ({ token: given }: BearerCredentials) =>
    given === expected ? { name: expected } : null;

const authorization = (given: string) => ({ headers: { authorization: `Bearer ${given}` } });

@Controller()
class SessionsController {
  @Get('me') me(@CurrentUser('name') name: string, @CurrentAuth('scheme') scheme: string) {
    return { name, scheme };
  }
  @Schemes('refresh') @Get('refresh') refresh(
    @CurrentUser('name') name: string,
    @CurrentAuth('scheme') scheme: string,
  ) {
    return { name, scheme };
  }
  @Schemes('Bearer', 'admin') @Get('both') both(@CurrentAuth('scheme') scheme: string) {
    return { scheme };
  }
  @Public() @Get('open') open() {}
}

describe.each(adapters)('Schemes with names on %s', (_name, adapter) => {
  const schemes = [
    bearer(only('access')),
    bearer(only('renewal'), { name: 'refresh' }),
    basic(({ username, password }) => (password === 'admin' ? { name: username } : null), { name: 'admin' }),
  ];
  const application = (options: Partial<AuthModuleOptions> = {}) =>
    start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes, ...options })],
      controllers: [SessionsController],
    });

  it('verify the credentials of the routes that name them, and of no others', async () => {
    const app = await application();
    const results = await Promise.all(
      [
        ['/me', 'access'],
        ['/me', 'renewal'],
        ['/refresh', 'renewal'],
        ['/refresh', 'access'],
      ].map(async ([path = '', given = '']) => {
        const { status, json } = await send(app, path, authorization(given));
        return status === 200 ? json() : status;
      }),
    );
    expect(results).toEqual([{ name: 'access', scheme: 'Bearer' }, 401, { name: 'renewal', scheme: 'refresh' }, 401]);
  });

  it('send the challenge of their auth-scheme, with its error', async () => {
    const app = await application();
    expect(await send(app, '/me')).toMatchObject({ challenges: ['Bearer realm="Staging"'] });
    expect(await send(app, '/refresh', authorization('x'))).toMatchObject({
      challenges: ['Bearer realm="Staging", error="invalid_token"'],
    });
    expect(await send(app, '/both')).toMatchObject({
      challenges: ['Bearer realm="Staging"', 'Basic realm="Staging", charset="UTF-8"'],
    });
  });

  it('are known by their names in events, in the route report and in OpenAPI', async () => {
    const app = await application();
    const events: unknown[] = [];
    app.get(AuthEvents).on('authenticated', ({ scheme, route }) => void events.push({ scheme, route }));
    await send(app, '/refresh', authorization('renewal'));
    await send(app, '/both', { headers: basicAuthorization('root', 'admin') });
    expect(events).toEqual([
      { scheme: 'refresh', route: 'SessionsController.refresh' },
      { scheme: 'admin', route: 'SessionsController.both' },
    ]);
    const routes = app.get(RouteReport).routes();
    expect(Object.fromEntries(routes.map(({ path, schemes: names }) => [path, names]))).toEqual({
      '/me': ['Bearer'],
      '/refresh': ['refresh'],
      '/both': ['Bearer', 'admin'],
      '/open': [],
    });
    const document = documentHttpAuth(app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
    expect(document.components?.securitySchemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer' },
      refresh: { type: 'http', scheme: 'bearer' },
      admin: { type: 'http', scheme: 'basic' },
    });
    expect(document.paths['/refresh']?.get?.security).toEqual([{ refresh: [] }]);
  });

  it('apply to the protected paths that name them', async () => {
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'Staging', schemes })], controllers: [SessionsController] },
      (one) => {
        protect(one, '/open', { schemes: ['admin'] });
        protect(one, '/me');
      },
    );
    expect(await send(app, '/open', authorization('access'))).toMatchObject({ status: 401 });
    expect(await send(app, '/open', { headers: basicAuthorization('root', 'admin') })).toMatchObject({ status: 200 });
    expect(await send(app, '/me', { headers: basicAuthorization('root', 'admin') })).toMatchObject({ status: 401 });
  });

  it('never pass the user of one scheme to a route of another with the same auth-scheme', async () => {
    const app = await start(
      adapter(),
      { imports: [AuthModule.forRoot({ realm: 'Staging', schemes })], controllers: [SessionsController] },
      (one) => protect(one, '/refresh'),
    );
    // The path accepts the access token. The route below it must not take the user over.
    expect(await send(app, '/refresh', authorization('access'))).toMatchObject({ status: 401 });
    expect(await send(app, '/refresh', authorization('renewal'))).toMatchObject({ status: 401 });
  });

  it('stop the startup if a route would accept two with the same auth-scheme', async () => {
    const twice = [bearer(only('access')), bearer(only('renewal'), { name: 'refresh', optIn: false })];
    await expect(application({ schemes: twice })).rejects.toThrow(
      'SessionsController.me(): schemes: "Bearer" and "refresh" have the same auth-scheme, so it is unclear which of them ' +
        'checks a request; name one of them with @Schemes(), or set optIn: true for one',
    );
  });

  it('stop the startup if no route would have a scheme', async () => {
    await expect(application({ schemes: [bearer(only('x'), { optIn: true })] })).rejects.toThrow(
      'schemes: every scheme is opt-in, so routes without @Schemes() would have no scheme; set optIn: false for one of them',
    );
  });

  it.each([
    [
      bearer(only('x'), { name: 'two words' }),
      "bearer(): name must be a token (RFC 9110 section 5.6.2), e.g. 'refresh'",
    ],
    [basic(() => null, { optIn: 'yes' as never }), 'basic(): optIn must be true or false'],
    [apiKey(only('x'), { name: '' }), "apiKey(): name must be a token (RFC 9110 section 5.6.2), e.g. 'refresh'"],
  ])('stop the startup if an option is invalid: %#', async (scheme, message) => {
    await expect(application({ schemes: [scheme] })).rejects.toThrow(message);
  });

  it('may be Passport strategies', async () => {
    const strategy = {
      authenticate(this: { success(user: object): void }) {
        this.success({ name: 'passport' });
      },
    };
    const app = await application({
      schemes: [
        ...schemes.slice(0, 1),
        passportStrategy(strategy, { scheme: 'Bearer', name: 'refresh' }),
        ...schemes.slice(2),
      ],
    });
    expect((await send(app, '/refresh', authorization('any'))).json()).toEqual({ name: 'passport', scheme: 'refresh' });
    expect(await send(app, '/me', authorization('any'))).toMatchObject({ status: 401 });
  });
});

describe.each(adapters)('Credentials of a proxy beside those of the client on %s', (_name, adapter) => {
  @Controller()
  class KeysController {
    @Get() whoever(@CurrentUser('name') name: string) {
      return { name };
    }
    @Schemes('ApiKey') @Get('keys') keys(@CurrentUser('name') name: string) {
      return { name };
    }
    @OptionalAuth() @Get('optional') optional(@CurrentUser('name') name?: string) {
      return { name: name ?? 'nobody' };
    }
  }
  const application = (ignoreOtherSchemes: boolean) =>
    start(adapter(), {
      imports: [
        AuthModule.forRoot({
          realm: 'Staging',
          ignoreOtherSchemes,
          schemes: [apiKey(only('key')), bearer(only('access'))],
        }),
      ],
      controllers: [KeysController],
    });
  const proxy = basicAuthorization('proxy', 'secret');

  it('are refused by default', async () => {
    const app = await application(false);
    expect(await send(app, '/', { headers: { ...proxy, 'x-api-key': 'key' } })).toMatchObject({ status: 401 });
    expect(await send(app, '/optional', { headers: proxy })).toMatchObject({ status: 401 });
  });

  it('are ignored with ignoreOtherSchemes', async () => {
    const app = await application(true);
    expect((await send(app, '/', { headers: { ...proxy, 'x-api-key': 'key' } })).json()).toEqual({ name: 'key' });
    expect((await send(app, '/optional', { headers: proxy })).json()).toEqual({ name: 'nobody' });
    expect(await send(app, '/', { headers: proxy })).toMatchObject({
      status: 401,
      challenges: ['ApiKey realm="Staging", header="X-API-Key"', 'Bearer realm="Staging"'],
    });
  });

  it('are ignored on a route that does not accept their scheme, although others do', async () => {
    const app = await application(true);
    const headers = { authorization: 'Bearer access', 'x-api-key': 'key' };
    expect((await send(app, '/keys', { headers })).json()).toEqual({ name: 'key' });
    expect((await send(app, '/', { headers })).json()).toEqual({ name: 'access' });
  });

  it('never replace invalid credentials', async () => {
    const app = await application(true);
    const invalid = { authorization: 'Bearer wrong', 'x-api-key': 'key' };
    expect(await send(app, '/', { headers: invalid })).toMatchObject({ status: 401 });
    expect(await send(app, '/', { headers: { ...proxy, 'x-api-key': 'wrong' } })).toMatchObject({ status: 401 });
  });

  it.each<[what: string, headers: string[]]>([
    ['has no scheme', ['Authorization', ',']],
    ['is empty', ['Authorization', '']],
    ['occurs twice', ['Authorization', 'Basic YTpi', 'Authorization', 'Basic YTpi']],
  ])('are refused if the field %s', async (_what, lines) => {
    const headers = ['Host', 'localhost', 'X-API-Key', 'key', ...lines];
    expect(await send(await application(true), '/', { headers })).toMatchObject({ status: 401 });
  });
});

describe.each(adapters)('anyOf() on %s', (_name, adapter) => {
  const secret = 'a secret of thirty-two characters';
  const issuer = { issuer: 'https://login.example', audience: 'api', secret };
  const sign = (claims: object, expires = '5m') =>
    new SignJWT({ iss: issuer.issuer, aud: 'api', sub: 'alice', ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(secret));
  const key = token.create();
  const old = token.create();
  const byKey = tokens((hash) => {
    const expiresAt = hash === old.hash ? new Date(0) : null;
    return [key.hash, old.hash].includes(hash) ? { hash, principal: { sub: 'robot' }, expiresAt } : null;
  });
  const application = (verifier: Verifier<BearerCredentials>, providers: never[] = []) => {
    @Controller()
    class MeController {
      @Get() me(@CurrentUser('sub') sub: string) {
        return { sub };
      }
    }
    return start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(verifier, { limits: { perAddress: 3 } })] })],
      controllers: [MeController],
      providers,
    });
  };
  const both = anyOf(jwt(issuer), byKey);

  it('accepts what one of the verifiers accepts', async () => {
    const app = await application(both);
    expect((await send(app, '/', authorization(await sign({})))).json()).toEqual({ sub: 'alice' });
    expect((await send(app, '/', authorization(key.token))).json()).toEqual({ sub: 'robot' });
  });

  it('refuses with the reason of the verifier that knows such credentials, in any order', async () => {
    for (const verifier of [both, anyOf(byKey, jwt(issuer))]) {
      const app = await application(verifier);
      const challengeOf = async (given: string) => (await send(app, '/', authorization(given))).challenges;
      expect(await challengeOf(await sign({}, '-5m'))).toEqual([
        'Bearer realm="Staging", error="invalid_token", error_description="The token has expired"',
      ]);
      expect(await challengeOf(old.token)).toEqual([
        'Bearer realm="Staging", error="invalid_token", error_description="The token has expired"',
      ]);
      expect(await challengeOf('unknown')).toEqual(['Bearer realm="Staging", error="invalid_token"']);
    }
  });

  it('counts as one attempt', async () => {
    const app = await application(both);
    const statuses: number[] = [];
    for (const guess of ['a', 'b', 'c', 'd']) statuses.push((await send(app, '/', authorization(guess))).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
  });

  it('accepts credentials although another verifier fails', async () => {
    const down = () => Promise.reject(new VerifierUnavailableException('The issuer is down', 7));
    const app = await application(anyOf(down, byKey));
    expect((await send(app, '/', authorization(key.token))).json()).toEqual({ sub: 'robot' });
    const answer = await send(app, '/', authorization('unknown'));
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '7']);
  });

  it('ends with an exception that is not a refusal', async () => {
    const asked: string[] = [];
    const suspended = () => {
      throw new ForbiddenException('account suspended');
    };
    const app = await application(anyOf(suspended, ({ token: given }: BearerCredentials) => void asked.push(given)));
    const answer = await send(app, '/', authorization('any'));
    expect([answer.status, (answer.json() as { message: string }).message]).toEqual([403, 'account suspended']);
    expect(asked).toEqual([]);
  });

  it('keeps the message of an UnauthorizedException, without the token', async () => {
    const gone = ({ token: given }: BearerCredentials) => {
      throw new UnauthorizedException(`The account of ${given} is closed`);
    };
    const answer = await send(await application(anyOf(gone, byKey)), '/', authorization('secret-token'));
    expect([answer.status, (answer.json() as { message: string }).message]).toEqual([
      401,
      'The account of [redacted] is closed',
    ]);
  });

  it('accepts injectable classes', async () => {
    @Injectable()
    class Partners implements HttpAuthVerifier<BearerCredentials> {
      verify({ token: given }: BearerCredentials) {
        return given === 'partner' ? { sub: 'partner' } : null;
      }
    }
    const app = await application(anyOf(byKey, Partners), [Partners as never]);
    expect((await send(app, '/', authorization('partner'))).json()).toEqual({ sub: 'partner' });
    expect(await send(app, '/', authorization('stranger'))).toMatchObject({ status: 401 });
    await expect(anyOf(Partners)({ token: 'partner' }, {})).rejects.toThrow(
      'anyOf(): Partners is a class, which only a scheme can create; pass the result of anyOf() to a scheme',
    );
  });

  it('never returns a refusal to application code', async () => {
    const verify = anyOf(only('a'), only('b'));
    expect(await verify({ token: 'b' }, {})).toMatchObject({ principal: { name: 'b' } });
    await expect(verify({ token: 'c' }, {})).rejects.toThrow('The credentials are invalid');
  });

  it('stops the startup without verifiers', () => {
    expect(() => anyOf(...([] as never as [() => null]))).toThrow('anyOf(): pass one verifier or more, one by one');
    expect(() => anyOf(jwt(issuer), {} as never)).toThrow(/^anyOf\(\): the verifier must be a function/);
  });
});

describe.each(adapters)('The context of a verifier on %s', (_name, adapter) => {
  const contexts: VerifierContext[] = [];
  const remember = (_credentials: unknown, _request: unknown, context: VerifierContext) => {
    contexts.push(context);
    return { name: 'alice' };
  };

  @Realm('Reports')
  @Controller()
  class ReportsController {
    @Scopes('reports:read') @Get('reports') read() {}
    @OptionalAuth() @Get('summary') summary() {}
    @Public() @Get('files') files() {}
  }

  it.each<[scheme: string, path: string, expected: object]>([
    [
      'Bearer',
      '/reports',
      { route: 'ReportsController.read', realm: 'Reports', required: true, scopes: ['reports:read'] },
    ],
    ['Basic', '/summary', { route: 'ReportsController.summary', realm: 'Reports', required: false, scopes: [] }],
    ['Basic', '/files', { route: '/files', realm: 'Files', required: true, scopes: [], controller: undefined }],
  ])('tells the route: %s %s', async (scheme, path, expected) => {
    contexts.length = 0;
    const app = await start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Staging', schemes: [bearer(remember), basic(remember, { limits: false })] }),
        ],
        controllers: [ReportsController],
      },
      (one) => protect(one, '/files', { realm: 'Files' }),
    );
    const credentials = scheme === 'Bearer' ? 'Bearer a' : 'Basic YTpi';
    await send(app, path, { headers: { authorization: credentials } });
    expect(contexts.map((context) => ({ ...context }))).toEqual([
      expect.objectContaining({
        scheme,
        ...(path !== '/files' && { controller: ReportsController }),
        ...expected,
      }),
    ]);
  });
});
