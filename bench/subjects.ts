import type { IncomingMessage } from 'node:http';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type Type,
  UnauthorizedException,
} from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { createVerifier } from 'fast-jwt';
import { AuthModule, basic, bearer, type SchemeDefinition } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { users } from 'nestjs-http-auth/passwords';
import { tokens } from 'nestjs-http-auth/tokens';
import { BasicStrategy } from 'passport-http';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import { type Algorithm, AUDIENCE, ISSUER, type Keys } from './tokens.js';
import { findUser, HASH, OPAQUE, OPAQUE_HASH, USERS } from './users.js';

export type Adapter = 'express' | 'fastify';

/** An application to measure: a module, and a function that prepares the application. */
export interface Subject extends ModuleMetadata {
  readonly prepare?: (app: INestApplication) => unknown;
}

type CreateSubject = (adapter: Adapter, keys: Keys, algorithm: Algorithm) => Subject;

@Controller()
export class GreetingController {
  @Get('greeting')
  greet() {
    return { hello: 'world' };
  }
}

const guard = (canActivate: CanActivate['canActivate']): Subject => ({
  prepare: (app) => app.useGlobalGuards({ canActivate }),
});

/** The reference of all ratios. */
const empty = (): Subject => guard(() => true);

/** The reference of the rows with a 401: the guard refuses every request. */
const refusing = (): Subject =>
  guard(() => {
    throw new UnauthorizedException();
  });

const library = (...schemes: SchemeDefinition[]): Subject => ({
  imports: [AuthModule.forRoot({ realm: 'Benchmark', schemes })],
});

/** @nestjs/passport's own guard with the strategy that its documentation names. */
function passport(name: string, strategy: Type): Subject {
  return { providers: [strategy], prepare: (app) => app.useGlobalGuards(new (AuthGuard(name))()) };
}

/** Ten lines, as people write them: no challenge, no limits, no strict parsing. */
function byHand(scheme: string, find: (credentials: string) => object | null): Subject {
  return guard((context: ExecutionContext) => {
    const request = context.switchToHttp().getRequest<IncomingMessage & { user?: unknown }>();
    const [name, credentials] = request.headers.authorization?.split(' ') ?? [];
    if (name !== scheme || credentials === undefined) throw new UnauthorizedException();
    request.user = find(credentials);
    if (!request.user) throw new UnauthorizedException();
    return true;
  });
}

/** Registers a plugin of Fastify, and its check for every request. */
function fastifyPlugin(name: string, options: object, check?: string): Subject {
  return {
    prepare: async (app) => {
      const instance = app.getHttpAdapter().getInstance() as {
        register(plugin: unknown, options: object): Promise<void>;
        addHook(name: string, hook: unknown): void;
      } & Record<string, unknown>;
      await instance.register(((await import(name)) as { default: unknown }).default, options);
      if (check !== undefined) instance.addHook('onRequest', instance[check]);
    },
  };
}

const isUser = (username: string, password: string): boolean => findUser(username, password) !== null;

async function checkUser(username: string, password: string): Promise<void> {
  if (!isUser(username, password)) throw new UnauthorizedException();
}

@Injectable()
class PasswordStrategy extends PassportStrategy(BasicStrategy) {
  validate(username: string, password: string) {
    return findUser(username, password);
  }
}

@Injectable()
class OpaqueStrategy extends PassportStrategy(BearerStrategy) {
  validate(token: string) {
    return token === OPAQUE ? { name: 'alice' } : null;
  }
}

const byPassword = {
  library: () => library(basic(users(Object.fromEntries(USERS.map((name) => [name, HASH]))))),
  'by hand': () =>
    byHand('Basic', (credentials) => {
      const [username = '', password = ''] = Buffer.from(credentials, 'base64').toString().split(':');
      return findUser(username, password);
    }),
  passport: () => passport('basic', PasswordStrategy),
  'express-basic-auth': async () => {
    const { default: basicAuth } = await import('express-basic-auth');
    return { prepare: (app: INestApplication) => app.use(basicAuth({ authorizer: isUser, challenge: true })) };
  },
  '@fastify/basic-auth': () =>
    fastifyPlugin('@fastify/basic-auth', { validate: checkUser, authenticate: true }, 'basicAuth'),
};

const byToken = {
  library: (_adapter: Adapter, keys: Keys, algorithm: Algorithm) => {
    const key = algorithm === 'HS256' ? { secret: keys.HS256 } : { key: keys[algorithm] };
    return library(bearer(jwt({ ...key, issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm] })));
  },
  'fast-jwt by hand': (_adapter: Adapter, keys: Keys, algorithm: Algorithm) => {
    const verify = createVerifier({
      key: keys[algorithm],
      algorithms: [algorithm],
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      cache: false,
    }) as (token: string) => object;
    return byHand('Bearer', (token) => {
      try {
        return verify(token);
      } catch {
        return null;
      }
    });
  },
  passport: (_adapter: Adapter, keys: Keys, algorithm: Algorithm) => {
    @Injectable()
    class TokenStrategy extends PassportStrategy(JwtStrategy) {
      constructor() {
        super({
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          secretOrKey: keys[algorithm],
          algorithms: [algorithm as 'HS256'],
          issuer: ISSUER,
          audience: AUDIENCE,
        });
      }
      validate(claims: object) {
        return claims;
      }
    }
    return passport('jwt', TokenStrategy);
  },
  'express-oauth2-jwt-bearer': async (_adapter: Adapter, keys: Keys) => {
    const { auth } = await import('express-oauth2-jwt-bearer');
    const check = auth({ issuer: ISSUER, audience: AUDIENCE, secret: keys.HS256, tokenSigningAlg: 'HS256' });
    return { prepare: (app: INestApplication) => app.use(check) };
  },
};

/** The subjects, by the credentials that they check. */
export const subjects: Readonly<
  Record<string, Readonly<Record<string, (...args: Parameters<CreateSubject>) => Subject | Promise<Subject>>>>
> = {
  password: { empty, ...byPassword },
  wrong: {
    empty: refusing,
    ...byPassword,
    library: () => library(basic(({ username, password }) => findUser(username, password), { limits: false })),
  },
  token: { empty, ...byToken },
  forged: { empty: refusing, ...byToken },
  opaque: {
    empty,
    library: () =>
      library(bearer(tokens((hash) => (hash === OPAQUE_HASH ? { hash, principal: { name: 'alice' } } : null)))),
    'by hand': () => byHand('Bearer', (token) => (token === OPAQUE ? { name: 'alice' } : null)),
    passport: () => passport('bearer', OpaqueStrategy),
    '@fastify/bearer-auth': () => fastifyPlugin('@fastify/bearer-auth', { keys: new Set([OPAQUE]) }),
  },
};

/** Returns `false` for the plugins of the other adapter, and for algorithms that a subject does not support. */
export function supports(subject: string, adapter: Adapter, algorithm: Algorithm): boolean {
  if (subject === 'express-oauth2-jwt-bearer') return adapter === 'express' && algorithm === 'HS256';
  if (subject === 'passport') return algorithm !== 'EdDSA';
  return !subject.includes(adapter === 'express' ? '@fastify' : 'express-');
}
