import { describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  ForbiddenException,
  Get,
  NotFoundException,
  Post,
  type Type,
  UnauthorizedException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import {
  admit,
  type AuthInfo,
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  bearerChallenge,
  CurrentAuth,
  CurrentUser,
  Failure,
  HttpAuthGuard,
  type HttpRequest,
  OptionalAuth,
  passportStrategy,
  protect,
  Public,
  Realm,
  Schemes,
  Scopes,
  StepUp,
  type StrategyActions,
} from 'nestjs-http-auth';
import { APP_GUARD } from '@nestjs/core';
import { adapters, start } from './support/application.js';
import { type Ask, basicAuthorization, bearerAuthorization, send } from './support/client.js';

/** The principals of the tokens, with their scopes in every supported place. */
const tokens: Record<string, unknown> = {
  none: { name: 'alice' },
  read: admit({ name: 'alice' }, { scopes: ['read'] }),
  both: admit({ name: 'alice' }, { scopes: ['write', 'read'] }),
  text: { name: 'alice', scope: 'openid read write' },
  list: { name: 'alice', scopes: ['read', 'write'] },
  // The scopes that the verifier returns have priority over the scopes of the principal.
  narrow: admit({ name: 'alice', scopes: ['read', 'write'] }, { scopes: [] }),
  // None of these contains the scopes `read` and `write`.
  lookalikes: { name: 'alice', scope: 'reader READ read,write read\twrite', scopes: undefined },
  number: { name: 'alice', scopes: 7 },
  object: { name: 'alice', scopes: { read: true, write: true } },
  insufficient: new Failure('insufficient', 'Bearer', 403, {
    params: { error_description: 'Too little', scope: 'all' },
  }),
};

const options: AuthModuleOptions = {
  realm: 'Staging',
  schemes: [
    bearer(({ token }) => tokens[token]),
    basic(({ username, password }) => ({ name: username, scope: password })),
  ],
};

@Scopes('read')
@Controller()
class RoutesController {
  @Get('read') read(@CurrentUser() user: unknown, @CurrentAuth() auth: AuthInfo) {
    return { user, auth };
  }
  @Scopes('read', 'write') @Get('all') all() {
    return 'in';
  }
  @Scopes.any('write', 'admin') @Get('any') any() {
    return 'in';
  }
  @Public() @Get('public') open() {
    return 'in';
  }
  @OptionalAuth() @Get('optional') optional() {
    return 'in';
  }
  @Realm('Administration') @Schemes('basic') @Get('basic') basic() {
    return 'in';
  }
}

const token = (name: string) => ({ headers: bearerAuthorization(name) });
const challenge = (params: string) => `Bearer realm="Staging"${params}`;
const basicChallenge = 'Basic realm="Staging", charset="UTF-8"';
const forbidden = { message: 'Forbidden', statusCode: 403 };

describe.each(adapters)('Scopes on %s', (_name, adapter) => {
  const application = (
    more: Partial<AuthModuleOptions> = {},
    controllers: Type[] = [RoutesController],
    prepare?: Parameters<typeof start>[2],
  ) => start(adapter(), { imports: [AuthModule.forRoot({ ...options, ...more })], controllers }, prepare);

  it.each([
    ['/read', ['read', 'both', 'text', 'list'], ['none', 'narrow', 'lookalikes', 'number', 'object']],
    ['/all', ['both', 'text', 'list'], ['none', 'read', 'narrow', 'lookalikes', 'number', 'object']],
    ['/any', ['both', 'text', 'list'], ['none', 'read', 'narrow', 'lookalikes', 'number', 'object']],
  ])('of %s are checked: 200 if the token has them, 403 if it lacks one', async (path, good, poor) => {
    const app = await application();
    for (const name of good) expect(await send(app, path, token(name))).toMatchObject({ status: 200, challenges: [] });
    for (const name of poor) expect(await send(app, path, token(name))).toMatchObject({ status: 403 });
  });

  it('[R-4][R-8][R-10] cause a 403 with insufficient_scope and the scopes of the route if a token lacks one', async () => {
    const app = await application();
    const answer = await send(app, '/all', token('read'));
    expect(answer).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope", scope="read write"')],
    });
    expect(answer.json()).toEqual(forbidden);
    expect(answer.headers).toMatchObject({ 'cache-control': 'private, no-cache' });
  });

  it('[R-10] of @Scopes.any() are in the challenge as the first one only', async () => {
    const answer = await send(await application(), '/any', token('read'));
    expect(answer.challenges).toEqual([challenge(', error="insufficient_scope", scope="write"')]);
  });

  it('[R-4][R-9] are in the Bearer challenge of a 401, without an error if there is no token', async () => {
    const app = await application();
    expect(await send(app, '/all')).toMatchObject({
      status: 401,
      challenges: [challenge(', scope="read write"'), basicChallenge],
    });
    expect(await send(app, '/all', token('nobody'))).toMatchObject({
      status: 401,
      challenges: [challenge(', error="invalid_token", scope="read write"'), basicChallenge],
    });
    expect((await send(app, '/nowhere')).challenges).toEqual([]);
  });

  it('[H-6] cause a 403 without a challenge if a user with a password lacks one', async () => {
    const app = await application();
    const answer = await send(app, '/all', { headers: basicAuthorization('alice', 'read') });
    expect(answer).toMatchObject({ status: 403, challenges: [] });
    expect(answer.json()).toEqual(forbidden);
    expect(await send(app, '/all', { headers: basicAuthorization('alice', 'write read') })).toMatchObject({
      status: 200,
    });
    expect(await send(app, '/basic', { headers: basicAuthorization('alice', '') })).toMatchObject({
      status: 403,
      challenges: [],
    });
  });

  it('of the method replace the scopes of the class', async () => {
    const app = await application();
    expect(await send(app, '/any', { headers: basicAuthorization('alice', 'admin') })).toMatchObject({ status: 200 });
    expect(await send(app, '/read', { headers: basicAuthorization('alice', 'admin') })).toMatchObject({ status: 403 });
  });

  it('of a class do not apply to a method with @Public() or @OptionalAuth()', async () => {
    const app = await application();
    for (const ask of [{}, token('none'), token('nobody')]) {
      expect(await send(app, '/public', ask)).toMatchObject({ status: 200, challenges: [] });
    }
    expect(await send(app, '/optional')).toMatchObject({ status: 200, challenges: [] });
    expect(await send(app, '/optional', token('none'))).toMatchObject({ status: 200, challenges: [] });
    expect(await send(app, '/optional', token('nobody'))).toMatchObject({
      status: 401,
      challenges: [challenge(', error="invalid_token"'), basicChallenge],
    });
  });

  it('of a token are in the auth info of the request, and not in the fields of the response', async () => {
    const answer = await send(await application(), '/read', token('both'));
    expect(answer.json()).toEqual({
      user: { name: 'alice' },
      auth: { scheme: 'Bearer', realm: 'Staging', scopes: ['write', 'read'] },
    });
    expect(answer.challenges).toEqual([]);
  });

  it('are not checked if the verifier returns a Failure, which decides the response', async () => {
    expect(await send(await application(), '/read', token('insufficient'))).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope", error_description="Too little", scope="all"')],
    });
  });

  it.each([
    ['all', Scopes],
    ['any', Scopes.any],
  ])('cause an error at startup if they are invalid (%s)', async (_mode, decorate) => {
    for (const [names, message] of [
      [[], 'AController.go(): scopes: the list is empty'],
      [[''], "AController.go(): scopes: '' is not a scope"],
      [['read write'], "AController.go(): scopes: 'read write' is not a scope"],
      [['r"'], "AController.go(): scopes: 'r\"' is not a scope"],
      [[['read']], "AController.go(): scopes: 'read' is not a scope"],
      [[null], "AController.go(): scopes: 'null' is not a scope"],
    ] as [string[], string][]) {
      @Controller()
      class AController {
        @decorate(...names) @Get() go() {}
      }
      await expect(application({}, [AController])).rejects.toThrow(message);
    }
  });

  it('cause an error at startup if the route does not require credentials', async () => {
    @Public()
    @Controller()
    class OpenController {
      @Scopes('read') @Get() go() {}
    }
    @Controller()
    class OptionalController {
      @OptionalAuth() @Scopes('read') @Get() go() {}
    }
    @OptionalAuth()
    @Scopes('read')
    @Controller()
    class BothController {
      @Get() go() {}
    }
    @Scopes('read')
    @Controller()
    class PlainController {
      @Get() go() {}
    }
    const message = /Controller\.go\(\): scopes: .* no client needs credentials/;
    await expect(application({}, [OpenController])).rejects.toThrow(message);
    await expect(application({}, [OptionalController])).rejects.toThrow(message);
    await expect(application({}, [BothController])).rejects.toThrow(message);
    await expect(application({ public: [PlainController] }, [PlainController])).rejects.toThrow(message);
    expect((await send(await application({}, [PlainController]), '/')).status).toBe(401);
  });

  it('of a route are checked in addition to the scopes of a protected path', async () => {
    @Controller()
    class TwiceController {
      @UseGuards(HttpAuthGuard) @Scopes('write') @Get('docs/twice') twice(@CurrentAuth('scopes') scopes: unknown) {
        return scopes;
      }
    }
    const app = await application({}, [TwiceController], (nest) => protect(nest, '/docs', { scopes: ['read'] }));
    expect(await send(app, '/docs/twice', token('none'))).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope", scope="read"')],
    });
    expect(await send(app, '/docs/twice', token('read'))).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope", scope="write"')],
    });
    expect((await send(app, '/docs/twice', token('both'))).json()).toEqual(['write', 'read']);
    expect(await send(app, '/docs')).toMatchObject({
      status: 401,
      challenges: [challenge(', scope="read"'), basicChallenge],
    });
  });

  it('cause an error in protect() if they are invalid, or if the path is optional', async () => {
    const app = await application();
    expect(() => protect(app, '/docs', { scopes: [] })).toThrow('scopes: the list is empty');
    expect(() => protect(app, '/docs', { scopes: 'read' as never })).toThrow('scopes: must be a list of strings');
    expect(() => protect(app, '/docs', { scopes: ['read'], access: 'optional' })).toThrow(
      'no client needs credentials',
    );
  });

  it('are checked on a route with @UseGuards(HttpAuthGuard) if globalGuard is false', async () => {
    @Scopes('write')
    @Controller()
    class LooseController {
      @UseGuards(HttpAuthGuard) @Get('guarded') guarded() {
        return 'in';
      }
    }
    const app = await application({ globalGuard: false }, [LooseController]);
    expect(await send(app, '/guarded', token('read'))).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope", scope="write"')],
    });
    expect(await send(app, '/guarded', token('both'))).toMatchObject({ status: 200 });
  });

  it.each([
    ['scopes', Scopes('read')],
    ['scopes of the request', Scopes.by(() => ['read'])],
    ['step-up', StepUp({ maxAge: 300 })],
  ])('cause an error at startup if HttpAuthGuard does not run on the route (%s)', async (_what, decorate) => {
    @Controller()
    class LooseController {
      @decorate @Get('loose') loose() {}
    }
    @UseGuards(HttpAuthGuard)
    @Controller()
    class GuardedController {
      @decorate @Get('guarded') guarded() {}
    }
    class OwnGuard extends HttpAuthGuard {}
    @UseGuards(OwnGuard)
    @Controller()
    class OwnController {
      @decorate @Get('own') own() {}
    }
    await expect(application({ globalGuard: false }, [GuardedController, LooseController])).rejects.toThrow(
      'LooseController.loose(): @Scopes(), @Roles(), @StepUp() or @SenderConstrained() has no effect because HttpAuthGuard does not run on this route',
    );
    const app = await application({ globalGuard: false }, [GuardedController, OwnController]);
    for (const path of ['/guarded', '/own']) expect(await send(app, path)).toMatchObject({ status: 401 });
    const ordered = await start(adapter(), {
      imports: [AuthModule.forRoot({ ...options, globalGuard: false })],
      controllers: [LooseController],
      providers: [{ provide: APP_GUARD, useExisting: HttpAuthGuard }],
    });
    expect(await send(ordered, '/loose')).toMatchObject({ status: 401 });
  });

  it('are checked if early is true', async () => {
    const app = await application({ early: true });
    expect(await send(app, '/all', token('read'))).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope", scope="read write"')],
    });
  });

  describe('with a filter of the application', () => {
    @Catch(ForbiddenException)
    class ForbiddenFilter implements ExceptionFilter {
      catch(exception: ForbiddenException, host: ArgumentsHost) {
        const reason = exception.cause instanceof Failure ? exception.cause.reason : 'none';
        const http = host.switchToHttp();
        const { status = 403 } = http.getRequest<{ query: { status?: string } }>().query;
        const response = http.getResponse<{ status(code: number): { send(body: unknown): void } }>();
        response.status(Number(status)).send({ reason });
      }
    }
    @UseFilters(ForbiddenFilter)
    @Controller()
    class FilteredController {
      @Scopes('write') @Get('filtered') filtered() {}
      @Get('own') own() {
        throw new ForbiddenException();
      }
    }
    const ask = async (path: string, headers: { authorization: string }) =>
      send(await application({}, [FilteredController]), path, { headers });

    it('[R-4] cause a challenge if the filter sends the 403', async () => {
      const answer = await ask('/filtered', bearerAuthorization('read'));
      expect(answer).toMatchObject({
        status: 403,
        challenges: [challenge(', error="insufficient_scope", scope="write"')],
      });
      expect(answer.json()).toEqual({ reason: 'insufficient' });
    });

    it('[H-6] cause no challenge if the filter sends a 404 instead', async () => {
      expect(await ask('/filtered?status=404', bearerAuthorization('read'))).toMatchObject({
        status: 404,
        challenges: [],
      });
    });

    it('[H-4] cause the challenges of all schemes if the filter sends a 401 instead', async () => {
      expect(await ask('/filtered?status=401', basicAuthorization('alice', 'read'))).toMatchObject({
        status: 401,
        challenges: [challenge(', scope="write"'), basicChallenge],
      });
      expect((await ask('/filtered?status=401', bearerAuthorization('read'))).challenges).toEqual([
        challenge(', error="insufficient_scope", scope="write"'),
        basicChallenge,
      ]);
    });

    it('cause no challenge if the 403 has another reason', async () => {
      const answer = await ask('/own', bearerAuthorization('read'));
      expect(answer).toMatchObject({ status: 403, challenges: [], body: '{"reason":"none"}' });
    });
  });

  it('cause no insufficient_scope if a handler throws a 401, 403 or 404', async () => {
    @Controller()
    class OwnController {
      @Scopes('read') @Get('forbidden') forbidden() {
        throw new ForbiddenException();
      }
      @Scopes('read') @Get('unauthorized') unauthorized() {
        throw new UnauthorizedException();
      }
      @Scopes('read') @Get('missing') missing() {
        throw new NotFoundException();
      }
    }
    const app = await application({}, [OwnController]);
    expect(await send(app, '/forbidden', token('read'))).toMatchObject({ status: 403, challenges: [] });
    expect(await send(app, '/missing', token('read'))).toMatchObject({ status: 404, challenges: [] });
    expect(await send(app, '/unauthorized', token('read'))).toMatchObject({
      status: 401,
      challenges: [challenge(', scope="read"'), basicChallenge],
    });
  });

  it('may come from the info of a Passport strategy', async () => {
    const strategy = {
      authenticate(this: StrategyActions, request: { headers: { authorization: string } }) {
        this.success({ name: 'alice' }, { scope: request.headers.authorization.slice('Bearer '.length) });
      },
    };
    @Controller()
    class ReadController {
      @Scopes('read') @Get('read') read() {}
    }
    const scheme = passportStrategy(strategy, { scheme: 'Bearer', challenge: bearerChallenge });
    const app = await application({ schemes: [scheme] }, [ReadController]);
    expect(await send(app, '/read', token('read'))).toMatchObject({ status: 200, challenges: [] });
    expect(await send(app, '/read', token('write'))).toMatchObject({
      status: 403,
      challenges: [challenge(', error="insufficient_scope", scope="read"')],
    });
  });

  describe('of the request', () => {
    const scopesOf = ({ body }: HttpRequest) => (body as { asks: string[] }).asks;

    @Controller()
    class CallsController {
      @Scopes.by(scopesOf) @Post('calls') call() {
        return 'in';
      }
      @Scopes('read') @Scopes.by(scopesOf) @Post('all') all() {
        return 'in';
      }
      @Scopes.any('write', 'read') @Scopes.by(scopesOf) @Post('any') any() {
        return 'in';
      }
    }
    const call = (name: string | undefined, asks: unknown): Ask => ({
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(name !== undefined && bearerAuthorization(name)) },
      body: JSON.stringify({ asks }),
    });
    const lacks = (scope: string) => ({
      status: 403,
      challenges: [challenge(`, error="insufficient_scope", scope="${scope}"`)],
    });

    it.each([
      ['global guard', {}],
      ['guard of the route', { globalGuard: false }],
      ['early: true', { early: true }],
    ])('[R-10] are checked in addition to the scopes of the route (%s)', async (_how, more) => {
      @UseGuards(HttpAuthGuard)
      class GuardedController extends CallsController {}
      Controller()(GuardedController);
      const app = await application(more, [GuardedController]);
      expect(await send(app, '/calls', call('read', []))).toMatchObject({ status: 201, challenges: [] });
      expect(await send(app, '/calls', call('read', ['read', 'read']))).toMatchObject({ status: 201 });
      expect(await send(app, '/calls', call('read', ['write', 'write']))).toMatchObject(lacks('write'));
      expect(await send(app, '/calls', call('both', ['write']))).toMatchObject({ status: 201 });
      expect(await send(app, '/all', call('none', ['write']))).toMatchObject(lacks('read'));
      expect(await send(app, '/all', call('read', ['write']))).toMatchObject(lacks('read write'));
      expect(await send(app, '/all', call('both', ['write']))).toMatchObject({ status: 201 });
      expect(await send(app, '/any', call('none', ['read']))).toMatchObject(lacks('write'));
      expect(await send(app, '/any', call('read', ['admin']))).toMatchObject(lacks('admin'));
      expect(await send(app, '/all', call(undefined, ['write']))).toMatchObject({
        status: 401,
        challenges: [challenge(', scope="read"'), basicChallenge],
      });
    });

    it.each([[undefined], [null], ['write'], [[1]], [['a b']], [{ length: 0 }]])(
      'cause a 500 if they are %j',
      async (asks) => {
        const app = await application({}, [CallsController]);
        expect(await send(app, '/calls', call('both', asks))).toMatchObject({ status: 500, challenges: [] });
        expect(await send(app, '/calls', { method: 'POST', headers: bearerAuthorization('both') })).toMatchObject({
          status: 500,
        });
      },
    );

    it('cause an error at startup if @Scopes.by() gets no function, or if the route is optional', async () => {
      for (const wrong of [undefined, 'read', ['read']]) {
        @Controller()
        class AController {
          @Scopes.by(wrong as never) @Get() go() {}
        }
        await expect(application({}, [AController])).rejects.toThrow('@Scopes.by() needs a function');
      }
      @Controller()
      class OptionalController {
        @OptionalAuth() @Scopes.by(scopesOf) @Get() go() {}
      }
      await expect(application({}, [OptionalController])).rejects.toThrow('no client needs credentials');
    });
  });

  it('cause a 403 whose challenge scripts of other origins may read if CORS is enabled', async () => {
    const app = await application({}, [RoutesController], (nest) => nest.enableCors());
    const answer = await send(app, '/all', {
      headers: { ...bearerAuthorization('read'), origin: 'https://a.example' },
    });
    expect(answer.headers['access-control-expose-headers']).toBe('WWW-Authenticate');
  });
});
