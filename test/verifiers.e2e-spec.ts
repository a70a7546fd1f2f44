import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  HttpException,
  Inject,
  Injectable,
  Module,
  Scope,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost, REQUEST } from '@nestjs/core';
import {
  AuthModule,
  basic,
  type BasicCredentials,
  bearer,
  type BearerCredentials,
  CurrentUser,
  type HttpAuthVerifier,
  type HttpRequest,
  VerifierUnavailableException,
} from 'nestjs-http-auth';
import { adapters, start } from './support/application.js';
import { basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';
import type { User } from './support/schemes.js';

@Controller()
class MeController {
  @Get()
  me(@CurrentUser() user: unknown) {
    return { user };
  }
}

@Injectable()
class UsersService {
  find(name: string): User | null {
    return name === 'alice' ? { name } : null;
  }
}

@Injectable()
class SingletonVerifier implements HttpAuthVerifier<BasicCredentials, User> {
  constructor(private readonly users: UsersService) {}

  verify({ username, password }: BasicCredentials, request: HttpRequest) {
    return password === request.headers['x-password'] ? this.users.find(username) : null;
  }
}

let instances = 0;

@Injectable({ scope: Scope.REQUEST })
class RequestScopedVerifier implements HttpAuthVerifier<BearerCredentials, User> {
  private readonly instance = ++instances;

  constructor(
    @Inject(REQUEST) private readonly request: HttpRequest,
    private readonly users: UsersService,
  ) {}

  async verify({ token }: BearerCredentials) {
    const user = this.users.find(token);
    return user && { name: `${user.name} of ${this.request.headers['x-tenant'] as string}, ${this.instance}` };
  }
}

/** Request-scoped, because its dependency is request-scoped. */
@Injectable()
class TenantService {
  constructor(@Inject(REQUEST) private readonly request: HttpRequest) {}
  get name() {
    return this.request.headers['x-tenant'] as string;
  }
}

@Injectable()
class BubblingVerifier implements HttpAuthVerifier<BearerCredentials, User> {
  constructor(private readonly tenant: TenantService) {}
  verify() {
    return { name: this.tenant.name };
  }
}

const providers = [UsersService, SingletonVerifier, RequestScopedVerifier, TenantService, BubblingVerifier];

/** A module that AuthModule does not import. */
@Module({ providers })
class UsersModule {}

const good = basicAuthorization('alice', 'secret');

describe.each(adapters)('A verifier on %s', (_name, adapter) => {
  const application = (schemes: ReturnType<typeof basic>[], logger?: RecordingLogger, filters: object[] = []) =>
    start(
      adapter(),
      {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes }), UsersModule],
        controllers: [MeController],
        providers: filters as never,
      },
      undefined,
      logger && { logger },
    );

  it.each([
    ['synchronous', (user: unknown) => user],
    ['asynchronous', async (user: unknown) => user],
  ])('may be a %s function of the credentials and the request', async (_kind, wrap) => {
    const seen: unknown[] = [];
    const app = await application([
      basic((credentials, request: HttpRequest) => {
        seen.push(credentials, request.headers['x-request']);
        return wrap({ name: credentials.username });
      }),
    ]);
    const answer = await send(app, '/', { headers: { ...good, 'x-request': 'here' } });
    expect(answer.json()).toEqual({ user: { name: 'alice' } });
    expect(seen).toEqual([{ username: 'alice', password: 'secret' }, 'here']);
  });

  it('may be an injectable class that any module provides', async () => {
    const app = await application([basic(SingletonVerifier)]);
    const answer = await send(app, '/', { headers: { ...good, 'x-password': 'secret' } });
    expect(answer).toMatchObject({ status: 200, body: '{"user":{"name":"alice"}}' });
    expect(await send(app, '/', { headers: { ...good, 'x-password': 'other' } })).toMatchObject({ status: 401 });
  });

  it('may be an abstract class that a provider implements', async () => {
    abstract class AnyVerifier implements HttpAuthVerifier<BasicCredentials, User> {
      abstract verify(credentials: BasicCredentials): User;
    }
    class AliceVerifier extends AnyVerifier {
      verify() {
        return { name: 'alice' };
      }
    }
    const app = await application([basic(AnyVerifier)], undefined, [{ provide: AnyVerifier, useClass: AliceVerifier }]);
    expect(await send(app, '/', { headers: good })).toMatchObject({ status: 200, body: '{"user":{"name":"alice"}}' });
  });

  it('is a class if a module provides it, also if it was compiled to a function', async () => {
    // A compiler for ES5 makes this of a class with the property `verify`. In sloppy mode, `this` of a plain call is the global object.
    function CompiledVerifier(this: Partial<HttpAuthVerifier<BasicCredentials, User>> | undefined) {
      const self = this ?? (globalThis as { verify?: unknown });
      self.verify = ({ password }: BasicCredentials) => (password === 'secret' ? { name: 'alice' } : null);
      return self;
    }
    const app = await application([basic(CompiledVerifier as never)], undefined, [CompiledVerifier]);
    expect(await send(app, '/', { headers: good })).toMatchObject({ status: 200 });
    expect(await send(app, '/', { headers: basicAuthorization('alice', 'other') })).toMatchObject({ status: 401 });
    expect(globalThis).not.toHaveProperty('verify');
  });

  it('gets a 500 if it returns another verifier, which it should have called', async () => {
    const logger = new RecordingLogger();
    const app = await application([basic(() => ({ verify: () => null }))], logger);
    expect(await send(app, '/', { headers: good })).toMatchObject({ status: 500 });
    expect(logger.text()).toContain('The verifier returned another verifier; pass the class to the scheme');
  });

  it('may be a request-scoped class, with one instance for each request', async () => {
    const app = await application([bearer(RequestScopedVerifier)]);
    const before = instances;
    const ask = (tenant: string) =>
      send(app, '/', { headers: { ...bearerAuthorization('alice'), 'x-tenant': tenant } });
    const answers = await Promise.all(['a', 'b'].map(ask));
    const names = answers.map((answer) => (answer.json() as { user: User }).user.name);
    expect(names.map((name) => name.split(',')[0])).toEqual(['alice of a', 'alice of b']);
    expect(new Set(names.map((name) => name.split(',')[1])).size).toBe(2);
    expect(instances).toBe(before + 2);
    expect(await send(app, '/', { headers: bearerAuthorization('bob') })).toMatchObject({ status: 401 });
  });

  it('may be a class with a request-scoped dependency', async () => {
    const app = await application([bearer(BubblingVerifier)]);
    const answer = await send(app, '/', { headers: { ...bearerAuthorization('x'), 'x-tenant': 'a' } });
    expect(answer.json()).toEqual({ user: { name: 'a' } });
  });

  it.each([
    ['null', () => null],
    ['undefined', () => undefined],
    ['false', () => false as const],
    ['a promise of null', () => Promise.resolve(null)],
    ['an empty string', () => ''],
    [
      'an UnauthorizedException',
      () => {
        throw new UnauthorizedException('account of alice is locked');
      },
    ],
    [
      'a rejection with an UnauthorizedException',
      () => Promise.reject(new UnauthorizedException('account of alice is locked')),
    ],
    [
      'an HttpException of 401',
      () => {
        throw new HttpException('account of alice is locked', 401);
      },
    ],
  ])('causes a 401 with a challenge by %s', async (_what, verify) => {
    const answer = await send(await application([basic(verify)]), '/', { headers: good });
    expect(answer).toMatchObject({ status: 401, challenges: ['Basic realm="Staging", charset="UTF-8"'] });
    expect(answer.json()).toMatchObject({ statusCode: 401 });
  });

  describe('that throws', () => {
    const canary = 'c4n4ry "pass"/word';
    const ask = { headers: basicAuthorization('alice', canary) };
    const fault = (): Error => {
      const cause = Object.assign(new Error(`connect failed for ${encodeURIComponent(canary)}`), {
        code: 'ECONNREFUSED',
      });
      const error = new Error(`no rows for ${canary} in ${JSON.stringify({ password: canary })}`, { cause });
      return Object.assign(error, { config: { headers: ask.headers }, parameters: [canary] });
    };
    const throwing: [string, number, () => never | Promise<never>][] = [
      [
        'an Error',
        500,
        () => {
          throw fault();
        },
      ],
      ['a rejection', 500, () => Promise.reject(fault())],
      [
        'a string',
        500,
        () => {
          throw `no rows for ${canary}`;
        },
      ],
      [
        'an object',
        500,
        () => {
          throw { statusCode: 401, message: canary };
        },
      ],
      [
        'an error of http-errors',
        500,
        () => {
          throw Object.assign(fault(), { status: 401, statusCode: 401, expose: true });
        },
      ],
      [
        'a ServiceUnavailableException',
        503,
        () => {
          throw new ServiceUnavailableException(`${canary} is down`);
        },
      ],
    ];

    it.each([
      [5, '5'],
      [0.2, '1'],
      [-1, '1'],
      [NaN, '1'],
      [Infinity, '1'],
      [1e30, '2147483648'],
    ])(
      'a VerifierUnavailableException with %d seconds causes a 503 with a valid Retry-After',
      async (seconds, field) => {
        const app = await application([
          basic(() => {
            throw new VerifierUnavailableException('down', seconds);
          }),
        ]);
        expect(await send(app, '/', ask)).toMatchObject({ status: 503, headers: { 'retry-after': field } });
      },
    );

    it.each(throwing)('%s causes a %d, with no credentials in the log', async (_what, status, verify) => {
      const logger = new RecordingLogger();
      const app = await application([basic(verify)], logger);
      const answer = await send(app, '/', ask);
      expect(answer).toMatchObject({ status, challenges: [] });
      expect(answer.json()).toEqual({
        statusCode: status,
        message: status === 503 ? 'Service Unavailable' : 'Internal Server Error',
      });
      expect(logger.text()).toContain('The verifier of the Basic scheme threw');
      for (const form of [
        canary,
        JSON.stringify(canary).slice(1, -1),
        encodeURIComponent(canary),
        ask.headers.authorization,
      ]) {
        expect(logger.text()).not.toContain(form);
      }
      expect((await send(app, '/', ask)).status).toBe(status);
    });

    it('logs the error and its cause, with the password redacted', async () => {
      const logger = new RecordingLogger();
      await send(
        await application(
          [
            basic(() => {
              throw fault();
            }),
          ],
          logger,
        ),
        '/',
        ask,
      );
      expect(logger.text()).toContain('no rows for [redacted] in');
      expect(logger.text()).toContain('connect failed for [redacted]');
      expect(logger.text()).toContain('ECONNREFUSED');
      expect(logger.text()).toContain('verifiers.e2e-spec');
    });

    it('passes no password to a filter of the application', async () => {
      const seen: unknown[] = [];
      @Catch()
      class SpyFilter {
        constructor(private readonly host: HttpAdapterHost) {}
        catch(exception: Error, host: ArgumentsHost) {
          seen.push(exception);
          this.host.httpAdapter.reply(host.switchToHttp().getResponse(), exception.message, 500);
        }
      }
      const filters = [{ provide: APP_FILTER, useClass: SpyFilter }];
      const app = await application(
        [
          basic(() => {
            throw fault();
          }),
        ],
        undefined,
        filters,
      );
      expect((await send(app, '/', ask)).body).toBe('Internal Server Error');
      expect(inspect(seen, { depth: 20, showHidden: true })).not.toContain('c4n4ry');
    });

    it('logs the error with the token redacted', async () => {
      const logger = new RecordingLogger();
      const app = await application([bearer(({ token }) => Promise.reject(new Error(`bad ${token}`)))], logger);
      expect(await send(app, '/', { headers: bearerAuthorization('c4n4ry') })).toMatchObject({ status: 500 });
      expect(logger.text()).toContain('bad [redacted]');
      expect(logger.text()).not.toContain('c4n4ry');
    });
  });
});
