import { promisify } from 'node:util';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  type INestApplication,
  Post,
  Req,
  Res,
  UnauthorizedException,
} from '@nestjs/common';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import type { Request } from 'express';
import session from 'express-session';
import type { FastifyRequest } from 'fastify';
import { AuthModule, cookie, CurrentUser, Failure, type HttpRequest, OptionalAuth, Public } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { SignJWT } from 'jose';
import type { ServerResponse } from 'node:http';
import { adapters, start } from './support/application.js';
import { type Answer, send } from './support/client.js';
import { RecordingLogger } from './support/logger.js';

const secret = 'a secret of thirty-two characters';
const refused = { status: 401, challenges: ['Cookie realm="Shop", cookie-name="sid"'] };

interface User {
  name: string;
}

declare module 'express-session' {
  interface SessionData {
    user: User;
    cart: string;
  }
}

declare module 'fastify' {
  interface Session {
    user?: User;
    cart?: string;
  }
}

/** Returns the user of a login; the password of every user is `secret`. */
function check({ name, password }: { name: string; password: string }): User {
  if (password !== 'secret') throw new UnauthorizedException();
  return { name };
}

/** Returns the field with the cookies that a response sets. */
function cookiesOf({ headers }: Answer): { cookie: string } {
  return { cookie: (headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ') };
}

function post(app: INestApplication, path: string, body: object, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/json' };
  return send(app, path, { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) });
}

class ProfileController {
  @Get('profile') profile(@CurrentUser() user: User) {
    return user;
  }
  @OptionalAuth() @Get('home') home(@CurrentUser('name') name = 'nobody') {
    return name;
  }
}

@Controller()
class ExpressController extends ProfileController {
  @Public() @HttpCode(204) @Post('login') async login(@Body() body: never, @Req() request: Request) {
    const user = check(body);
    await promisify(request.session.regenerate.bind(request.session))();
    request.session.user = user;
  }
  @HttpCode(204) @Post('logout') async logout(@Req() request: Request) {
    await promisify(request.session.destroy.bind(request.session))();
  }
  @Public() @Post('cart') fill(@Req() request: Request) {
    request.session.cart = 'tea';
  }
}

@Controller()
class FastifyController extends ProfileController {
  @Public() @HttpCode(204) @Post('login') async login(@Body() body: never, @Req() request: FastifyRequest) {
    const user = check(body);
    await request.session.regenerate();
    request.session.user = user;
  }
  @HttpCode(204) @Post('logout') async logout(@Req() request: FastifyRequest) {
    await request.session.destroy();
  }
  @Public() @Post('cart') fill(@Req() request: FastifyRequest) {
    request.session.cart = 'tea';
  }
}

/** A session without a user belongs to a visitor. */
const userOf = (_: unknown, request: object) =>
  (request as { session: { user?: User } }).session.user ?? new Failure('missing');

const packages: [name: string, begin: (logger?: RecordingLogger) => Promise<INestApplication>][] = [
  [
    'express-session',
    (logger) =>
      start(
        new ExpressAdapter(),
        {
          imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [cookie(userOf, { name: 'sid' })] })],
          controllers: [ExpressController],
        },
        (app) => {
          (app as NestExpressApplication).use(
            session({ name: 'sid', secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }),
          );
        },
        { logger: logger ?? false },
      ),
  ],
  [
    '@fastify/session',
    (logger) =>
      start(
        new FastifyAdapter(),
        {
          imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [cookie(userOf, { name: 'sid' })] })],
          controllers: [FastifyController],
        },
        async (app) => {
          const fastify = app as NestFastifyApplication;
          await fastify.register(fastifyCookie as never);
          await fastify.register(fastifySession as never, {
            cookieName: 'sid',
            secret,
            saveUninitialized: false,
            cookie: { secure: false, sameSite: 'lax' },
          });
        },
        { logger: logger ?? false },
      ),
  ],
];

describe.each(packages)('A session of %s', (_name, begin) => {
  const credentials = { name: 'alice', password: 'secret' };

  it('begins with a login and ends with a logout', async () => {
    const app = await begin();
    expect(await send(app, '/profile')).toMatchObject(refused);
    expect(await post(app, '/login', { name: 'alice', password: 'wrong' })).toMatchObject({ status: 401 });
    const login = await post(app, '/login', credentials);
    expect(login.status).toBe(204);
    const headers = cookiesOf(login);
    expect((await send(app, '/profile', { headers })).json()).toEqual({ name: 'alice' });
    expect((await post(app, '/logout', {}, headers)).status).toBe(204);
    expect(await send(app, '/profile', { headers })).toMatchObject(refused);
  });

  it('is anonymous without a user, and gets another id with the login', async () => {
    const app = await begin();
    const visitor = cookiesOf(await post(app, '/cart', {}));
    expect(visitor.cookie).toMatch(/^sid=/);
    expect(await send(app, '/home', { headers: visitor })).toMatchObject({ status: 200, body: 'nobody' });
    expect(await send(app, '/profile', { headers: visitor })).toMatchObject(refused);
    const user = cookiesOf(await post(app, '/login', credentials, visitor));
    expect(await send(app, '/home', { headers: user })).toMatchObject({ status: 200, body: 'alice' });
    // The attacker who knows the first id does not get the session of the user.
    expect(await send(app, '/profile', { headers: visitor })).toMatchObject(refused);
  });

  it('is refused if its signature is changed', async () => {
    const app = await begin();
    const { cookie: field } = cookiesOf(await post(app, '/login', credentials));
    const forged = { cookie: `${field.slice(0, -3)}xyz` };
    expect(await send(app, '/profile', { headers: forged })).toMatchObject(refused);
  });

  it('cannot be ended by a page of another site', async () => {
    const app = await begin();
    const headers = cookiesOf(await post(app, '/login', credentials));
    const foreign = { ...headers, origin: 'https://evil.example' };
    expect((await post(app, '/logout', {}, foreign)).status).toBe(403);
    expect((await send(app, '/profile', { headers })).status).toBe(200);
  });
});

describe.each(adapters)('A JWT in a cookie on %s', (_name, adapter) => {
  const key = new TextEncoder().encode(secret);
  const issuer = 'https://shop.example';
  const sign = (subject: string) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setSubject(subject)
      .setIssuer(issuer)
      .setAudience(issuer)
      .setExpirationTime('10m')
      .sign(key);

  @Controller()
  class JwtController {
    @Public() @HttpCode(204) @Post('login') async login(
      @Body() body: never,
      @Res({ passthrough: true }) response: ServerResponse & { header(name: string, value: string): void },
    ) {
      const token = await sign(check(body).name);
      response.header('Set-Cookie', `__Host-token=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`);
    }
    @Get('profile') profile(@CurrentUser('sub') sub: string) {
      return { sub };
    }
  }

  it('is verified by jwt()', async () => {
    const verifier = jwt({ issuer, audience: issuer, secret });
    const app = await start(adapter(), {
      imports: [AuthModule.forRoot({ realm: 'Shop', schemes: [cookie(verifier, { name: '__Host-token' })] })],
      controllers: [JwtController],
    });
    const headers = cookiesOf(await post(app, '/login', { name: 'alice', password: 'secret' }));
    expect((await send(app, '/profile', { headers })).json()).toEqual({ sub: 'alice' });
    const forged = { cookie: `${headers.cookie}x` };
    expect(await send(app, '/profile', { headers: forged })).toMatchObject({
      status: 401,
      challenges: ['Cookie realm="Shop", cookie-name="__Host-token"'],
    });
  });
});

describe.each(adapters)('better-auth on %s', (_name, adapter) => {
  const begin = async () => {
    const auth = betterAuth({
      baseURL: 'http://127.0.0.1',
      secret: `${secret} for better-auth`,
      database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
      emailAndPassword: { enabled: true },
      telemetry: { enabled: false },
      rateLimit: { enabled: false },
    });
    const verifier = (_: unknown, { headers }: HttpRequest) =>
      auth.api.getSession({ headers: fromNodeHeaders(headers) });

    @Controller()
    class AccountController {
      @Get('profile') profile(@CurrentUser<{ user: { email: string } }>('user') user: { email: string }) {
        return user.email;
      }
      @Post('name') rename() {}
    }
    const handler = toNodeHandler(auth);
    return start(
      adapter(),
      {
        imports: [
          AuthModule.forRoot({ realm: 'Shop', schemes: [cookie(verifier, { name: 'better-auth.session_token' })] }),
        ],
        controllers: [AccountController],
      },
      async (app) => {
        if (app.getHttpAdapter().getType() === 'express') {
          (app as NestExpressApplication).use('/api/auth', handler);
        } else {
          await (app as NestFastifyApplication).register(((fastify: never, _options: unknown, done: () => void) => {
            const scope = fastify as {
              removeAllContentTypeParsers(): void;
              addContentTypeParser(
                type: string,
                parse: (r: unknown, p: unknown, next: (e: null) => void) => void,
              ): void;
              all(
                path: string,
                run: (request: FastifyRequest, reply: { raw: ServerResponse; hijack(): void }) => unknown,
              ): void;
            };
            scope.removeAllContentTypeParsers();
            scope.addContentTypeParser('*', (_request, _payload, next) => next(null));
            scope.all('/api/auth/*', (request, reply) => {
              reply.hijack();
              return handler(request.raw, reply.raw);
            });
            done();
          }) as never);
        }
      },
    );
  };

  it('verifies its sessions by getSession()', async () => {
    const app = await begin();
    expect(await send(app, '/profile')).toMatchObject({
      status: 401,
      challenges: ['Cookie realm="Shop", cookie-name="better-auth.session_token"'],
    });
    const user = { name: 'Alice', email: 'alice@shop.example', password: 'a long password' };
    const signedUp = await post(app, '/api/auth/sign-up/email', user, { origin: 'http://127.0.0.1' });
    expect(signedUp.status).toBe(200);
    const headers = cookiesOf(signedUp);
    expect(await send(app, '/profile', { headers })).toMatchObject({ status: 200, body: 'alice@shop.example' });
    expect((await post(app, '/name', {}, { ...headers, origin: 'https://evil.example' })).status).toBe(403);
    const signedOut = await post(app, '/api/auth/sign-out', {}, { ...headers, origin: 'http://127.0.0.1' });
    expect(signedOut.status).toBe(200);
    expect(await send(app, '/profile', { headers })).toMatchObject({ status: 401 });
  });
});
