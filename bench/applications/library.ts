import { Controller, Get } from '@nestjs/common';
import { AuthModule, basic, bearer, Public, type SchemeDefinition, Scopes } from 'nestjs-http-auth';
import { byHash, byPassword, byToken } from './alice.js';
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
export const byBearer = guarded(opaque);
export const byBoth = guarded(opaque, plain);
