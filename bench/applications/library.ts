import { hashSync } from '@node-rs/bcrypt';
import { Controller, Get } from '@nestjs/common';
import { AuthModule, basic, bearer, Public, type SchemeDefinition, Scopes } from 'nestjs-http-auth';
import { users } from 'nestjs-http-auth/passwords';
import { byHash, byPassword, byToken, PASSWORD } from './alice.js';
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
const hashed = basic(({ username, password }) => byHash(username, password));
// No minute of the bench's may end the memory of a password: it would be measured in some rounds, and not in others.
const remembered = basic(users({ alice: hashSync(PASSWORD, 10) }, { cache: { ttl: 86_400_000 } }));
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
export const byBcrypt = guarded(hashed);
export const byStoredBcrypt = guarded(remembered);
export const byBearer = guarded(opaque);
export const byBoth = guarded(opaque, plain);
