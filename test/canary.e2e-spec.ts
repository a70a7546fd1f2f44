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
/** Characters that JSON, URIs and base64 each write differently. */
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

/** A hash that costs next to nothing. */
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

/** All that a verifier may come to, and the status of the answer. */
const ends: Record<string, [status: number, end: (secret: string, request: HttpRequest) => unknown]> = {
  'admits them': [200, () => ({ name: 'alice' })],
  'refuses them': [401, () => null],
  'refuses them by an exception that quotes them': [
    401,
    (secret, request) => {
      throw new UnauthorizedException(secret, { cause: quoting(secret, request) });
    },
  ],
  'says why it refuses them': [
    401,
    () => new Failure('invalid', undefined, 401, { params: { error: 'invalid_token' } }),
  ],
  'has had too many': [429, () => new Failure('limited', undefined, 429, { retryAfter: 5 })],
  'throws an error that quotes them': [
    500,
    (secret, request) => {
      throw quoting(secret, request);
    },
  ],
  'throws them': [
    500,
    (secret) => {
      // eslint-disable-next-line typescript/only-throw-error
      throw secret;
    },
  ],
  'throws an object that has them': [
    500,
    (secret) => {
      // eslint-disable-next-line typescript/only-throw-error
      throw { secret };
    },
  ],
  'throws a 403 that quotes them': [
    403,
    (secret, request) => {
      throw new ForbiddenException({ secret }, { cause: quoting(secret, request) });
    },
  ],
  'throws a 503 that quotes them': [
    503,
    (secret, request) => {
      throw new ServiceUnavailableException(secret, { cause: quoting(secret, request) });
    },
  ],
  'is not there, and quotes them': [
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

/** The ways that credentials come. */
const byPassword = { headers: basicAuthorization('alice', password) };
const byToken = { headers: bearerAuthorization(token) };
const ways: { method?: string; headers: Record<string, string>; body?: string }[] = [byPassword, byToken, form];

/** Credentials that never reach a verifier, and the status of the response. */
const malformed: [name: string, field: string, status: number][] = [
  ['a password without a name', `Basic ${Buffer.from(password.replace(':', '')).toString('base64')}`, 401],
  ['a password that is not encoded', `Basic alice:${core}`, 401],
  ['a password with a control', basicAuthorization('alice', `${password}\n`).authorization, 401],
  ['a token of two parts', `Bearer ${token} ${token}`, 400],
  ['a scheme that is not there', `Digest username="alice", response="${core}"`, 401],
  ['a secret for a scheme', core, 401],
  ['nothing but a secret', `"${core}"`, 401],
];

/** A Passport strategy that ends in a given way. */
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
  ['errs', strategy((actions, request) => actions.error(quoting(token, request))), 500],
  ['fails with a text', strategy((actions) => actions.fail(`${token} is no token`)), 401],
  ['fails with an error', strategy((actions, request) => actions.fail(quoting(token, request))), 401],
  [
    'fails with a challenge',
    strategy((actions, { headers: { authorization = '' } }) =>
      actions.fail(`Bearer realm="a", error_description="${authorization.slice('Bearer '.length)}"`),
    ),
    401,
  ],
  [
    'is passport-http-bearer',
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
  // Fastify writes its own log.
  Fastify: () => new FastifyAdapter({ logger: { level: 'trace', stream: witness.stream } }),
};

describe.each(Object.entries(adapters))('A canary on %s', (_name, adapter) => {
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

  /** All schemes, with a verifier that ends in a given way; asynchronously if the request asks for it. */
  function schemes(end: (secret: string, request: HttpRequest) => unknown): SchemeDefinition[] {
    const verify = (secret: string, request: HttpRequest): object | null => {
      const ended = () => end(secret, request) as object | null;
      // An asynchronous end has the type of a synchronous one, because the guard waits for it.
      return request.headers['x-late'] === undefined ? ended() : Promise.resolve().then(ended);
    };
    return [
      bearer((credentials, request) => verify(credentials.token, request), { formEncodedBody: true }),
      basic((credentials, request) => verify(credentials.password, request)),
    ];
  }

  describe.each(Object.entries(ends))('does not leak if the verifier %s', (_end, [status, end]) => {
    it('synchronously or later', async () => {
      const app = await application({ schemes: schemes(end) });
      for (const { headers, ...ask } of ways) {
        const created = ask.method === 'POST' && status === 200 ? 201 : status;
        expect(await outcome(app, '/in', { ...ask, headers: { ...headers } })).toEqual(silent(created));
        expect(await outcome(app, '/in', { ...ask, headers: { ...headers, 'x-late': '1' } })).toEqual(silent(created));
      }
    });

    it('of a protected path, or early, and the application sees the error', async () => {
      const app = await application({ schemes: schemes(end), early: true }, (one) => {
        protect(one, '/docs');
        one.useGlobalFilters(witness.filter(one));
      });
      expect(await outcome(app, '/in', byPassword)).toEqual(silent(status));
      expect(await outcome(app, '/docs', byToken)).toEqual(silent(status === 200 ? 404 : status));
      expect(witness.errors).toHaveLength(status === 200 ? 1 : 2);
    });

    it('of a proxy', async () => {
      const app = await application({ schemes: schemes(end), proxy: true });
      for (const { headers } of [byPassword, byToken]) {
        const fields = { 'proxy-authorization': headers.authorization };
        expect(await outcome(app, '/in', { headers: fields })).toEqual(silent(status === 401 ? 407 : status));
      }
    });
  });

  it.each(malformed)('does not leak as %s', async (_what, authorization, status) => {
    const app = await application({ schemes: schemes(() => null) }, (one) => protect(one, '/docs'));
    for (const path of ['/in', '/optional', '/docs']) {
      expect(await outcome(app, path, { headers: { authorization } })).toEqual(silent(status));
    }
    const headers = ['Host', 'localhost', 'Authorization', authorization, 'Authorization', authorization];
    expect(await outcome(app, '/in', { headers })).toEqual(silent(401));
  });

  it('does not leak if the route ignores it, or if its scopes are insufficient', async () => {
    const app = await application({ schemes: schemes(() => ({ name: 'alice' })) });
    for (const { headers } of [byPassword, byToken]) {
      expect(await outcome(app, '/public', { headers })).toEqual(silent(200));
      expect(await outcome(app, '/write', { headers })).toEqual(silent(403));
    }
  });

  it('does not leak if the function of a realm quotes it', async () => {
    const app = await application({ schemes: schemes(() => null) });
    for (const { headers } of [byPassword, byToken])
      expect(await outcome(app, '/realm', { headers })).toEqual(silent(500));
  });

  it.each(bySomeStrategy)('does not leak if a Passport strategy %s', async (_end, one, status) => {
    const challenge = bearerChallenge;
    const app = await application({ schemes: [passportStrategy(one, { scheme: 'Bearer', challenge })] });
    expect(await outcome(app, '/in', { headers: bearerAuthorization(token) })).toEqual(silent(status));
  });

  describe('as a stored password', () => {
    const wrong = { headers: basicAuthorization('bob', password) };

    it('does not leak from users()', async () => {
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

    it('does not leak from htpasswd() if the file has it on an invalid line', async () => {
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

    it('does not leak from passwords() if the store fails', async () => {
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

describe('The canary', () => {
  const { authorization } = basicAuthorization('alice', password);

  it.each([
    ['a text', `so ${core} is`],
    ['JSON', JSON.stringify({ password })],
    ['a URI', encodeURIComponent(password)],
    ['base64 of credentials', authorization],
    ['base64 of it', Buffer.from(password).toString('base64')],
    ['base64 of it behind one octet', Buffer.from(`a${password}`).toString('base64')],
    ['base64url behind two octets', Buffer.from(`ab${password}`).toString('base64url')],
    ['hexadecimals', Buffer.from(password).toString('hex')],
    ['a property', { a: [{ b: password }] }],
    ['a key', { a: { [password]: 1 } }],
    ['a symbol', { [Symbol('a')]: { b: password } }],
    ['what is not enumerable', Object.defineProperty({}, 'a', { value: password })],
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
  ])('is found in %s', (_where, value) => {
    expect(canary.placesIn(value)).not.toEqual([]);
  });

  it('is not found in other text', () => {
    expect(canary.placesIn([authorization.slice(0, 12), core.slice(1), { a: new Map([[1, new Error('b')]]) }])).toEqual(
      [],
    );
  });

  it.each(Object.entries(adapters))(
    'is found in every place to which an application leaks it, on %s',
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
