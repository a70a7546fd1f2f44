import { scryptSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  ForbiddenException,
  Get,
  type INestApplication,
  Logger,
  Post,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  AuthModule,
  type AuthModuleOptions,
  basic,
  bearer,
  bearerChallenge,
  Failure,
  type HttpRequest,
  OptionalAuth,
  passportStrategy,
  protect,
  Public,
  Realm,
  type SchemeDefinition,
  Scopes,
  type Strategy,
  type StrategyActions,
  VerifierUnavailableException,
} from 'nestjs-http-auth';
import { htpasswd, passwords, users } from 'nestjs-http-auth/passwords';
import { Strategy as PassportHttpBearerStrategy } from 'passport-http-bearer';
import { start } from './support/application.js';
import { Canary, Witness } from './support/canary.js';
import { type Ask, basicAuthorization, bearerAuthorization, send } from './support/client.js';
import { builder } from './support/passwords.js';

const core = 'c4nary9f3b7d';
const canary = new Canary(core);
/** Its characters have different forms in JSON, in URIs and in base64. */
const password = `${core}"ü%/+:`;
const token = `${core}.~+/==`;

@Controller()
class RoutesController {
  @Get('in') get() {}
  @Post('in') post() {}
  @Public() @Get('public') open() {}
  @OptionalAuth() @Get('optional') optional() {}
  @Scopes('write') @Get('write') write() {}
  @Realm((request) => Promise.reject(quoting(request.headers.authorization ?? '', request))) @Get('realm') realm() {}
}

/** A scrypt hash with the lowest cost, so that the tests are fast. */
function cheap(plain: string): string {
  const [salt, digest] = [Buffer.alloc(16, 1), scryptSync(plain, Buffer.alloc(16, 1), 32, { N: 16, r: 8, p: 1 })];
  return `$scrypt$ln=4,r=8,p=1$${[salt, digest].map((octets) => octets.toString('base64').replace(/=+$/, '')).join('$')}`;
}

/** An error that contains a secret in every place in which an error can contain one. */
function quoting(secret: string, { headers }: HttpRequest): Error {
  const forms = [secret, JSON.stringify(secret), encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
  const text = `${forms.join(' ')} ${headers.authorization}`;
  const own = { secret, text, [secret]: secret, headers: { ...headers }, code: text, name: text };
  const inner = Object.assign(new TypeError(text), own);
  return Object.assign(new AggregateError([inner, text], text, { cause: inner }), own);
}

/** What a verifier may return or throw, and the status of the response. */
const ends: Record<string, [status: number, end: (secret: string, request: HttpRequest) => unknown]> = {
  'accepts them': [200, () => ({ name: 'alice' })],
  'returns null': [401, () => null],
  'throws an UnauthorizedException that contains them': [
    401,
    (secret, request) => {
      throw new UnauthorizedException(secret, { cause: quoting(secret, request) });
    },
  ],
  'returns a Failure with an error': [
    401,
    () => new Failure('invalid', undefined, 401, { params: { error: 'invalid_token' } }),
  ],
  'returns a Failure for too many attempts': [429, () => new Failure('limited', undefined, 429, { retryAfter: 5 })],
  'throws an error that contains them': [
    500,
    (secret, request) => {
      throw quoting(secret, request);
    },
  ],
  'throws them as a string': [
    500,
    (secret) => {
      // eslint-disable-next-line typescript/only-throw-error
      throw secret;
    },
  ],
  'throws an object that contains them': [
    500,
    (secret) => {
      // eslint-disable-next-line typescript/only-throw-error
      throw { secret };
    },
  ],
  'throws a 403 that contains them': [
    403,
    (secret, request) => {
      throw new ForbiddenException({ secret }, { cause: quoting(secret, request) });
    },
  ],
  'throws a 503 that contains them': [
    503,
    (secret, request) => {
      throw new ServiceUnavailableException(secret, { cause: quoting(secret, request) });
    },
  ],
  'throws a VerifierUnavailableException that contains them': [
    503,
    (secret, request) => {
      throw new VerifierUnavailableException(secret, 5, { cause: quoting(secret, request) });
    },
  ],
};

const form = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ access_token: token }).toString(),
};

/** Requests that send the secret as credentials: as a password, as a token, and as a token in a form. */
const byPassword = { headers: basicAuthorization('alice', password) };
const byToken = { headers: bearerAuthorization(token) };
const ways: { method?: string; headers: Record<string, string>; body?: string }[] = [byPassword, byToken, form];

/** Credentials that never reach a verifier, and the status of the response. */
const malformed: [name: string, field: string, status: number][] = [
  ['a password without a username', `Basic ${Buffer.from(password.replace(':', '')).toString('base64')}`, 401],
  ['a password that is not encoded in base64', `Basic alice:${core}`, 401],
  ['a password with a control character', basicAuthorization('alice', `${password}\n`).authorization, 401],
  ['two tokens in one field', `Bearer ${token} ${token}`, 400],
  ['credentials of a scheme that is not configured', `Digest username="alice", response="${core}"`, 401],
  ['a secret in place of the auth-scheme', core, 401],
  ['a secret in quotes', `"${core}"`, 401],
];

/** A Passport strategy with the given `authenticate()`. */
function strategy(end: (actions: StrategyActions, request: HttpRequest) => unknown): Strategy {
  return {
    authenticate(this: StrategyActions, request: HttpRequest) {
      return end(this, request);
    },
  };
}

const bySomeStrategy: [name: string, strategy: Strategy, status: number][] = [
  [
    'throws',
    strategy((_, request) => {
      throw quoting(token, request);
    }),
    500,
  ],
  ['rejects', strategy((_, request) => Promise.reject(quoting(token, request))), 500],
  ['calls error()', strategy((actions, request) => actions.error(quoting(token, request))), 500],
  ['calls fail() with a string', strategy((actions) => actions.fail(`${token} is no token`)), 401],
  ['calls fail() with an error', strategy((actions, request) => actions.fail(quoting(token, request))), 401],
  [
    'calls fail() with a challenge',
    strategy((actions, { headers: { authorization = '' } }) =>
      actions.fail(`Bearer realm="a", error_description="${authorization.slice('Bearer '.length)}"`),
    ),
    401,
  ],
  [
    'is passport-http-bearer and its info contains them',
    new PassportHttpBearerStrategy((given, done) => done(null, false, `${given} is none`)) as never,
    401,
  ],
];

let witness: Witness;

beforeEach(() => {
  witness = new Witness();
  Logger.overrideLogger(witness.log);
});

afterEach(() => {
  Logger.overrideLogger(false);
  jest.restoreAllMocks();
});

const adapters = {
  Express: () => new ExpressAdapter(),
  // Fastify has a logger of its own, in addition to Nest's.
  Fastify: () => new FastifyAdapter({ logger: { level: 'trace', stream: witness.stream } }),
};

describe.each(Object.entries(adapters))('Credentials on %s', (_name, adapter) => {
  async function application(
    options: Partial<AuthModuleOptions> & Pick<AuthModuleOptions, 'schemes'>,
    prepare: (app: INestApplication) => unknown = () => undefined,
  ) {
    const metadata = {
      imports: [AuthModule.forRoot({ realm: 'Staging', ...options })],
      controllers: [RoutesController],
    };
    return start(
      adapter(),
      metadata,
      async (app) => {
        witness.watch(app);
        await prepare(app);
      },
      { logger: witness.log },
    );
  }

  /** Returns the status of a response, and the places that contain the canary. */
  async function outcome(app: INestApplication, path: string, ask: Ask) {
    const answer = await send(app, path, ask);
    return { status: answer.status, leaks: witness.leaks(canary, answer) };
  }

  const silent = (status: number) => ({ status, leaks: [] });

  /** Both schemes with a verifier that ends in the given way. With `X-Late`, the verifier returns a promise. */
  function schemes(end: (secret: string, request: HttpRequest) => unknown): SchemeDefinition[] {
    const verify = (secret: string, request: HttpRequest): object | null => {
      const ended = () => end(secret, request) as object | null;
      // The guard awaits the result, so a promise may be typed as its value.
      return request.headers['x-late'] === undefined ? ended() : Promise.resolve().then(ended);
    };
    return [
      bearer((credentials, request) => verify(credentials.token, request), { formEncodedBody: true }),
      basic((credentials, request) => verify(credentials.password, request)),
    ];
  }

  describe.each(Object.entries(ends))('if the verifier %s', (_end, [status, end]) => {
    it('do not leak from a route, synchronously or asynchronously', async () => {
      const app = await application({ schemes: schemes(end) });
      for (const { headers, ...ask } of ways) {
        const created = ask.method === 'POST' && status === 200 ? 201 : status;
        expect(await outcome(app, '/in', { ...ask, headers: { ...headers } })).toEqual(silent(created));
        expect(await outcome(app, '/in', { ...ask, headers: { ...headers, 'x-late': '1' } })).toEqual(silent(created));
      }
    });

    it('do not leak from a protected path or from early authentication, and a filter receives the error', async () => {
      const app = await application({ schemes: schemes(end), early: true }, (one) => {
        protect(one, '/docs');
        one.useGlobalFilters(witness.filter(one));
      });
      expect(await outcome(app, '/in', byPassword)).toEqual(silent(status));
      expect(await outcome(app, '/docs', byToken)).toEqual(silent(status === 200 ? 404 : status));
      expect(witness.errors).toHaveLength(status === 200 ? 1 : 2);
    });

    it('do not leak from a proxy', async () => {
      const app = await application({ schemes: schemes(end), proxy: true });
      for (const { headers } of [byPassword, byToken]) {
        const fields = { 'proxy-authorization': headers.authorization };
        expect(await outcome(app, '/in', { headers: fields })).toEqual(silent(status === 401 ? 407 : status));
      }
    });
  });

  it.each(malformed)('do not leak if they are %s', async (_what, authorization, status) => {
    const app = await application({ schemes: schemes(() => null) }, (one) => protect(one, '/docs'));
    for (const path of ['/in', '/optional', '/docs']) {
      expect(await outcome(app, path, { headers: { authorization } })).toEqual(silent(status));
    }
    const headers = ['Host', 'localhost', 'Authorization', authorization, 'Authorization', authorization];
    expect(await outcome(app, '/in', { headers })).toEqual(silent(401));
  });

  it('do not leak if the route is public, or if their scopes are insufficient', async () => {
    const app = await application({ schemes: schemes(() => ({ name: 'alice' })) });
    for (const { headers } of [byPassword, byToken]) {
      expect(await outcome(app, '/public', { headers })).toEqual(silent(200));
      expect(await outcome(app, '/write', { headers })).toEqual(silent(403));
    }
  });

  it('do not leak if the realm function rejects with an error that contains them', async () => {
    const app = await application({ schemes: schemes(() => null) });
    for (const { headers } of [byPassword, byToken])
      expect(await outcome(app, '/realm', { headers })).toEqual(silent(500));
  });

  it.each(bySomeStrategy)('do not leak if a Passport strategy %s', async (_end, one, status) => {
    const challenge = bearerChallenge;
    const app = await application({ schemes: [passportStrategy(one, { scheme: 'Bearer', challenge })] });
    expect(await outcome(app, '/in', { headers: bearerAuthorization(token) })).toEqual(silent(status));
  });

  describe('that are compared with a stored password', () => {
    const wrong = { headers: basicAuthorization('bob', password) };

    it('do not leak from users()', async () => {
      const app = await application({
        schemes: [basic(users({ alice: cheap(password), bob: builder.scrypt }))],
      });
      expect(await outcome(app, '/in', byPassword)).toEqual(silent(200));
      expect(await outcome(app, '/in', byPassword)).toEqual(silent(200));
      expect(await outcome(app, '/in', wrong)).toEqual(silent(401));
      expect(await outcome(app, '/in', { headers: basicAuthorization('alice', password.repeat(99)) })).toEqual(
        silent(401),
      );
    });

    it('do not leak from htpasswd() if an invalid line of the file contains the password', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'nestjs-http-auth-canary-'));
      const file = join(folder, 'users.htpasswd');
      writeFileSync(file, `alice:${cheap(password)}\nbob:${core}\n${core}\ncarol:{SHA}${core}\n`);
      try {
        const app = await application({ schemes: [basic(htpasswd(file))] });
        expect(await outcome(app, '/in', byPassword)).toEqual(silent(200));
        expect(await outcome(app, '/in', wrong)).toEqual(silent(401));
        expect(witness.log.text()).toMatch(/line 2 is skipped[^]*line 3[^]*line 4/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it('do not leak from passwords() if the store or onRehash() throws, or if the hash is invalid', async () => {
      const weak = { hash: builder.bcrypt, principal: { name: 'alice' } };
      const stored = { hash: cheap(password), principal: { name: 'alice' } };
      const onRehash = jest.fn((_username: string, hash: string) => {
        throw new Error(`${password} ${hash}`);
      });
      const verifier = passwords(
        (username, request) => {
          if (username === 'carol') throw quoting(password, request);
          return { alice: stored, bob: weak, dave: { ...weak, hash: core } }[username];
        },
        { onRehash },
      );
      const app = await application({ schemes: [basic(verifier)] });
      expect(await outcome(app, '/in', byPassword)).toEqual(silent(200));
      while (onRehash.mock.calls.length === 0) await setImmediate();
      expect(await outcome(app, '/in', wrong)).toEqual(silent(401));
      expect(witness.log.text()).toContain('A better hash could not be stored');
      for (const name of ['carol', 'dave'])
        expect(await outcome(app, '/in', { headers: basicAuthorization(name, password) })).toEqual(silent(500));
    });
  });
});

describe('The search for a leaked secret', () => {
  const { authorization } = basicAuthorization('alice', password);

  it.each([
    ['a string', `so ${core} is`],
    ['JSON', JSON.stringify({ password })],
    ['a URI', encodeURIComponent(password)],
    ['base64 of credentials', authorization],
    ['base64 of the password', Buffer.from(password).toString('base64')],
    ['base64 of the password after one other byte', Buffer.from(`a${password}`).toString('base64')],
    ['base64url of the password after two other bytes', Buffer.from(`ab${password}`).toString('base64url')],
    ['hexadecimal digits', Buffer.from(password).toString('hex')],
    ['a property', { a: [{ b: password }] }],
    ['the name of a property', { a: { [password]: 1 } }],
    ['a property whose key is a symbol', { [Symbol('a')]: { b: password } }],
    ['a property that is not enumerable', Object.defineProperty({}, 'a', { value: password })],
    [
      'a getter',
      {
        get a() {
          return password;
        },
      },
    ],
    ['a Map', new Map([['a', { b: password }]])],
    ['a Set', new Set([[password]])],
    ['a Buffer', { a: Buffer.from(`ab${password}`) }],
    ['the message of an error', new Error(password)],
    ['the cause of an error', new Error('a', { cause: { b: password } })],
  ])('finds the secret in %s', (_where, value) => {
    expect(canary.placesIn(value)).not.toEqual([]);
  });

  it('finds nothing in values that contain only part of the secret', () => {
    expect(canary.placesIn([authorization.slice(0, 12), core.slice(1), { a: new Map([[1, new Error('b')]]) }])).toEqual(
      [],
    );
  });

  it.each(Object.entries(adapters))(
    'finds the secret in each place to which an application on %s leaks it',
    async (_name, adapter) => {
      const leak = (request: HttpRequest & { leak?: unknown }) => {
        request.leak = { deep: password };
        console.log(password);
        process.stderr.write(password);
        new Logger('Leak').warn({ password });
        return null;
      };
      const metadata = {
        imports: [AuthModule.forRoot({ realm: 'Staging', schemes: [basic((_, request) => leak(request))] })],
        controllers: [RoutesController],
      };
      const app = await start(adapter(), metadata, (one) => witness.watch(one), { logger: witness.log });
      const answer = await send(app, '/in', { headers: { authorization } });
      const headers = { ...answer.headers, 'x-leak': password };
      witness.errors.push(new Error('a', { cause: new Error(password) }));
      witness.events.push({ type: 'error', scheme: core } as never);
      const places = witness.leaks(canary, { ...answer, headers, body: password });
      for (const place of [
        'log',
        'events.1.scheme',
        'errors.0.cause.message',
        'response.headers.x-leak',
        'response.body',
      ]) {
        expect(places).toContain(`.${place}`);
      }
      expect(places.filter((place) => place.startsWith('.printed.'))).toHaveLength(2);
      expect(places).toContain('.leak.deep');
    },
  );
});
