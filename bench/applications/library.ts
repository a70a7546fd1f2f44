import { hashSync } from '@node-rs/bcrypt';
import { Controller, Get } from '@nestjs/common';
import { AuthModule, basic, bearer, Public, type SchemeDefinition, Scopes } from 'nestjs-http-auth';
import { jwt } from 'nestjs-http-auth/jwt';
import { users } from 'nestjs-http-auth/passwords';
import { type Algorithm, AUDIENCE, ISSUER, type Keys } from '../tokens.js';
import { USERS } from '../rows.js';
import { byHash, byPassword, byToken, nameOf, PASSWORD } from './alice.js';
import { type Adapter, GreetingController, start } from './nest.js';

@Controller()
class PublicController {
  @Public()
  @Get('public')
  greet() {
    return { hello: 'world' };
  }
}

@Controller()
class ScopedController {
  @Scopes('reports:read')
  @Get('scoped')
  greet() {
    return { hello: 'world' };
  }
}

const plain = basic(({ username, password }) => byPassword(username, password));
/** Nobody guesses for so long, but a bench. */
const unlimited = basic(({ username, password }) => byPassword(username, password), { limits: false });
const hashed = basic(({ username, password }) => byHash(username, password));
// No minute of the bench's may end the memory of a password: it would be measured in some rounds, and not in others.
const names = ['alice', ...Array.from({ length: USERS }, (_, user) => nameOf(user))];
const hash = hashSync(PASSWORD, 10);
const hashes = Object.fromEntries(names.map((name) => [name, hash]));
const remembered = basic(users(hashes, { cache: { ttl: 86_400_000 } }));
const opaque = bearer(({ token }) => byToken(token));

const guarded =
  (...schemes: SchemeDefinition[]) =>
  (adapter: Adapter) =>
    start(adapter, {
      imports: [AuthModule.forRoot({ realm: 'Benchmark', schemes })],
      controllers: [GreetingController, PublicController, ScopedController],
    });

/** This library, with one scheme or with two. */
export const byBasic = guarded(plain);
export const byUnlimited = guarded(unlimited);
export const byBcrypt = guarded(hashed);
export const byStoredBcrypt = guarded(remembered);
export const byBearer = guarded(opaque);
export const byBoth = guarded(opaque, plain);

/** The same, with tokens that are verified by the keys which the issuer serves, or by the secret. */
export function byJwt(adapter: Adapter, algorithm: Algorithm, keys: Keys, jwksUri: string) {
  const key = algorithm === 'HS256' ? { secret: keys.HS256 } : { jwks: jwksUri };
  return guarded(bearer(jwt({ ...key, issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm] })))(adapter);
}
