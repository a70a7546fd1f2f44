import { describe, expect, it } from '@jest/globals';
import { Controller, type ExecutionContext, Get, Injectable, Post, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  type AuthInfo,
  AuthModule,
  basic,
  CurrentAuth,
  CurrentUser,
  HttpAuthGuard,
  OptionalAuth,
  Public,
  Realm,
  Schemes,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { challenges, options, type User } from './support/schemes.js';

const password = { headers: basicAuthorization('alice', 'wonder:land') };
const token = { headers: bearerAuthorization('alice-token') };
const wrong = { headers: basicAuthorization('alice', 'wrong') };

@Controller()
class RoutesController {
  @Get('me')
  me(@CurrentUser() user: User, @CurrentAuth() auth: AuthInfo) {
    return { user, auth };
  }

  @Post('me')
  change() {
    return 'changed';
  }

  @Public()
  @Get('open')
  open(@CurrentUser() user?: User) {
    return { user: user ?? null };
  }

  @OptionalAuth()
  @Get('greeting')
  greeting(@CurrentUser<User>('name') name?: string, @CurrentAuth('scheme') scheme?: string) {
    return { hello: name ?? 'stranger', scheme };
  }

  @Realm('Administration')
  @Schemes('BASIC')
  @Get('admin')
  admin(@CurrentAuth('realm') realm: string) {
    return { realm };
  }
}

describe.each(adapters)('HttpAuthGuard on %s', (_name, adapter) => {
  const application = () =>
    start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [RoutesController] });

  it('[H-4][H-5][H-10][R-4] challenges a request without credentials: one field line for each scheme, in their order', async () => {
    const answer = await send(await application(), '/me');
    expect(answer).toMatchObject({ status: 401, challenges });
    expect(answer.json()).toEqual({ message: 'Unauthorized', statusCode: 401 });
  });

  it('[H-4] challenges HEAD and POST requests', async () => {
    const app = await application();
    expect(await send(app, '/me', { method: 'HEAD' })).toMatchObject({ status: 401, challenges, body: '' });
    expect(await send(app, '/me', { method: 'POST' })).toMatchObject({ status: 401, challenges });
  });

  it.each([
    ['Basic', password],
    ['Bearer', token],
  ])('accepts %s, and passes the user, the scheme and the realm to the handler', async (scheme, ask) => {
    const answer = await send(await application(), '/me', ask);
    expect(answer).toMatchObject({ status: 200, challenges: [] });
    expect(answer.json()).toEqual({ user: { name: 'alice' }, auth: { scheme, realm: 'Staging' } });
  });

  it('accepts every request on a public route, and ignores its credentials', async () => {
    const app = await application();
    for (const ask of [{}, password, wrong, { headers: { authorization: 'Basic !!!' } }]) {
      expect(await send(app, '/open', ask)).toMatchObject({ status: 200, challenges: [], body: '{"user":null}' });
    }
  });

  it('accepts requests without credentials on an optional route', async () => {
    const answer = await send(await application(), '/greeting');
    expect(answer).toMatchObject({ status: 200, challenges: [], body: '{"hello":"stranger"}' });
  });

  it('passes the user to the handler of an optional route if the credentials are valid', async () => {
    const answer = await send(await application(), '/greeting', token);
    expect(answer.json()).toEqual({ hello: 'alice', scheme: 'Bearer' });
  });

  it.each([
    ['a wrong password', { authorization: wrong.headers.authorization }],
    ['a wrong token', bearerAuthorization('nope')],
    ['a scheme that is not offered', { authorization: 'Negotiate abc' }],
    ['a malformed field', { authorization: 'Basic' }],
    ['an empty field', { authorization: '' }],
  ])('rejects %s on an optional route', async (_what, headers) => {
    const answer = await send(await application(), '/greeting', { headers });
    expect(answer.status).toBe(401);
    expect(answer.challenges).toHaveLength(2);
  });

  it('accepts and offers only the schemes of @Schemes() if a route has it', async () => {
    const app = await application();
    const challenge = 'Basic realm="Administration", charset="UTF-8"';
    expect(await send(app, '/admin')).toMatchObject({ status: 401, challenges: [challenge] });
    expect(await send(app, '/admin', token)).toMatchObject({ status: 401, challenges: [challenge] });
    expect((await send(app, '/admin', password)).json()).toEqual({ realm: 'Administration' });
  });

  it('[H-1] accepts the auth-scheme in upper, lower and mixed case', async () => {
    const app = await application();
    for (const name of ['basic', 'BASIC', 'bAsIc']) {
      const authorization = password.headers.authorization.replace('Basic', name);
      expect(await send(app, '/me', { headers: { authorization } })).toMatchObject({ status: 200 });
    }
  });

  it('[R-9] sends no error in the challenges if the request uses a scheme that is not offered', async () => {
    const answer = await send(await application(), '/me', { headers: { authorization: 'Negotiate abc==' } });
    expect(answer).toMatchObject({ status: 401, challenges });
  });

  it('[R-8] sends invalid_token only in the Bearer challenge, and only if a token is invalid', async () => {
    const app = await application();
    expect((await send(app, '/me', { headers: bearerAuthorization('nope') })).challenges).toEqual([
      'Bearer realm="Staging", error="invalid_token"',
      challenges[1],
    ]);
    expect((await send(app, '/me', wrong)).challenges).toEqual(challenges);
  });

  it('rejects a request with two Authorization fields, even if both are valid', async () => {
    const app = await application();
    const { authorization } = password.headers;
    for (const second of [authorization, token.headers.authorization, '']) {
      const headers = ['Host', 'localhost', 'Authorization', authorization, 'AUTHORIZATION', second];
      expect(await send(app, '/me', { headers })).toMatchObject({ status: 401, challenges });
    }
  });

  it('[H-11] sends the challenges in the order of the option schemes', async () => {
    const schemes = options.schemes.toReversed();
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ ...options, schemes })],
      controllers: [RoutesController],
    });
    expect((await send(app, '/me')).challenges).toEqual(challenges.toReversed());
  });

  it('rejects a request without credentials even if Error.stackTraceLimit is read-only', async () => {
    const app = await application();
    const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit') as PropertyDescriptor;
    Object.defineProperty(Error, 'stackTraceLimit', { ...limit, writable: false });
    try {
      expect(await send(app, '/me')).toMatchObject({ status: 401, challenges });
    } finally {
      Object.defineProperty(Error, 'stackTraceLimit', limit);
    }
    expect(await send(app, '/me')).toMatchObject({ status: 401, challenges });
    expect(Error.stackTraceLimit).toBe(limit.value);
  });

  it('does not pass the password to the handler', async () => {
    let seen: Record<string, unknown> = {};
    @Controller()
    class SpyController {
      @Get()
      spy(@CurrentUser() user: User, @CurrentAuth() auth: AuthInfo) {
        seen = { user, auth };
      }
    }
    const app = await start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [SpyController] });
    await send(app, '/', password);
    expect(JSON.stringify(seen)).not.toContain('wonder');
    expect(seen).toEqual({ user: { name: 'alice' }, auth: { scheme: 'Basic', realm: 'Staging' } });
  });
});

describe.each(adapters)('The nearest decorator on %s', (_name, adapter) => {
  @Controller('plain')
  class PlainController {
    @Get('none') none() {}
    @Public() @Get('public') public() {}
    @Public(false) @Get('closed') closed() {}
    @OptionalAuth() @Get('optional') optional() {}
  }

  @Public()
  @Controller('public')
  class PublicController extends PlainController {}

  @Public(false)
  @Controller('closed')
  class ClosedController extends PlainController {}

  @OptionalAuth()
  @Controller('optional')
  class OptionalController extends PlainController {}

  @Controller('child')
  class ChildController extends PublicController {
    @Get('own') own() {}
    @Get('none') override none() {}
  }

  @Controller('heir')
  class HeirController extends PublicController {}

  @Controller('optional-heir')
  class OptionalHeirController extends OptionalController {}

  @OptionalAuth()
  @Controller('reopened')
  class ReopenedController extends PublicController {}

  const [open, closed, optional] = ['open', 'closed', 'optional'];

  it.each([
    ['plain/none', closed],
    ['plain/public', open],
    ['plain/closed', closed],
    ['plain/optional', optional],
    ['public/none', open],
    ['public/public', open],
    ['public/closed', closed],
    ['public/optional', optional],
    ['closed/none', closed],
    ['closed/public', open],
    ['closed/closed', closed],
    ['closed/optional', optional],
    ['optional/none', optional],
    ['optional/public', open],
    ['optional/closed', closed],
    ['optional/optional', optional],
    ['child/own', closed],
    ['child/none', closed],
    ['child/public', open],
    ['heir/none', closed],
    ['heir/public', open],
    ['optional-heir/none', closed],
    ['reopened/none', optional],
  ])('makes the route %s %s', async (path, access) => {
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot(options)],
      controllers: [
        PlainController,
        PublicController,
        ClosedController,
        OptionalController,
        ChildController,
        HeirController,
        OptionalHeirController,
        ReopenedController,
      ],
    });
    expect((await send(app, `/${path}`)).status).toBe(access === closed ? 401 : 200);
    expect((await send(app, `/${path}`, wrong)).status).toBe(access === open ? 200 : 401);
    expect((await send(app, `/${path}`, password)).status).toBe(200);
  });

  it('decides the realm and the schemes', async () => {
    @Realm('Class')
    @Schemes('basic')
    @Controller()
    class NamedController {
      @Get('class') class() {}
      @Realm('Method') @Schemes('bearer') @Get('method') method() {}
    }
    const app = await start(adapter(), { imports: [AuthModule.forRoot(options)], controllers: [NamedController] });
    expect((await send(app, '/class')).challenges).toEqual(['Basic realm="Class", charset="UTF-8"']);
    expect((await send(app, '/method')).challenges).toEqual(['Bearer realm="Method"']);
  });
});

describe.each(adapters)('Third-party controllers on %s', (_name, adapter) => {
  @Controller('metrics')
  class MetricsController {
    @Get() metrics() {}
    @Public(false) @Get('secret') secret() {}
  }

  @Controller('health')
  class HealthController {
    @Get('live') live() {}
    @Get('details') details() {}
  }

  it('are open if the option public has their class or a matching predicate, unless a decorator closes them', async () => {
    const asked: string[] = [];
    const app = await start(adapter(), {
      imports: [
        AuthModule.forRoot({
          ...options,
          public: [
            MetricsController,
            ({ controller, handler }) => {
              asked.push(handler.name);
              return controller === HealthController && handler.name === 'live';
            },
          ],
        }),
      ],
      controllers: [MetricsController, HealthController],
    });
    expect((await send(app, '/metrics')).status).toBe(200);
    expect((await send(app, '/metrics/secret')).status).toBe(401);
    expect((await send(app, '/health/live')).status).toBe(200);
    expect((await send(app, '/health/live')).status).toBe(200);
    expect((await send(app, '/health/details')).status).toBe(401);
    expect(asked).toEqual(['live', 'details']);
  });

  it('are open if the option public has their class, and a compiler has made a function of it', async () => {
    function CompiledController() {
      if (new.target === undefined) throw new Error('a class must not be called as a function');
    }
    const route = Object.getOwnPropertyDescriptor(MetricsController.prototype, 'metrics') as PropertyDescriptor;
    Object.defineProperty(CompiledController.prototype, 'metrics', route);
    Controller('compiled')(CompiledController);
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ ...options, public: [CompiledController as never] })],
      controllers: [CompiledController as never, HealthController],
    });
    expect((await send(app, '/compiled')).status).toBe(200);
    expect((await send(app, '/health/live')).status).toBe(401);
  });
});

describe.each(adapters)('@UseGuards(HttpAuthGuard) on %s', (_name, adapter) => {
  @Controller()
  class MixedController {
    @Get('open') open() {}
    @UseGuards(HttpAuthGuard) @Get('guarded') guarded() {}
    @UseGuards(HttpAuthGuard) @Public() @Get('public') public() {}
  }

  @UseGuards(HttpAuthGuard)
  @Controller('class')
  class GuardedController {
    @Get() guarded() {}
  }

  it.each([
    ['forRoot()', AuthModule.forRoot({ ...options, globalGuard: false })],
    ['forRootAsync()', AuthModule.forRootAsync({ useFactory: async () => ({ ...options, globalGuard: false }) })],
  ])('closes only the routes that have it if %s sets globalGuard to false', async (_how, module) => {
    const app = await start(adapter(), { imports: [module], controllers: [MixedController, GuardedController] });
    expect((await send(app, '/open')).status).toBe(200);
    expect((await send(app, '/public')).status).toBe(200);
    for (const path of ['/guarded', '/class']) {
      expect(await send(app, path)).toMatchObject({ status: 401, challenges });
      expect((await send(app, path, password)).status).toBe(200);
    }
  });

  it('authenticates once if the guard runs several times on a route', async () => {
    let calls = 0;
    const counting = basic(() => ({ name: `call ${++calls}` }));
    @UseGuards(HttpAuthGuard, HttpAuthGuard)
    @Controller()
    class TwiceController {
      @UseGuards(HttpAuthGuard)
      @Get()
      who(@CurrentUser('name') name: string) {
        return name;
      }
    }
    const imports = [AuthModule.forRoot({ realm: 'Staging', schemes: [counting] })];
    const app = await start(adapter(), { imports, controllers: [TwiceController] });
    expect((await send(app, '/', password)).body).toBe('call 1');
    expect((await send(app, '/', password)).body).toBe('call 2');
  });
});

describe.each(adapters)('A guard of the application on %s', (_name, adapter) => {
  it('runs after HttpAuthGuard, and finds the user on the request', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class RolesGuard {
      canActivate(context: ExecutionContext) {
        seen.push(context.switchToHttp().getRequest<{ user: unknown }>().user);
        return true;
      }
    }
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot(options)],
      controllers: [RoutesController],
      providers: [{ provide: APP_GUARD, useClass: RolesGuard }],
    });
    await send(app, '/me', password);
    expect(seen).toEqual([{ name: 'alice' }]);
  });
});
