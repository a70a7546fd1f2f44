import { Controller, type ExecutionContext, Get, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { BasicStrategy } from 'passport-http';
import { Strategy as BearerStrategy } from 'passport-http-bearer';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import type { Algorithm, Keys } from '../tokens.js';
import { AUDIENCE, ISSUER } from '../tokens.js';
import { alice, byHash, byPassword, byToken } from './alice.js';
import { type Adapter, GreetingController, start } from './nest.js';

@Injectable()
class PlainStrategy extends PassportStrategy(BasicStrategy) {
  validate(username: string, password: string) {
    return byPassword(username, password);
  }
}

@Injectable()
class HashStrategy extends PassportStrategy(BasicStrategy) {
  validate(username: string, password: string) {
    return byHash(username, password);
  }
}

@Injectable()
class OpaqueStrategy extends PassportStrategy(BearerStrategy) {
  validate(token: string) {
    return byToken(token);
  }
}

function jwtStrategy(algorithm: Algorithm, keys: Keys): Type {
  @Injectable()
  class Strategy extends PassportStrategy(JwtStrategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: keys[algorithm],
        algorithms: [algorithm as 'HS256' | 'RS256' | 'ES256'],
        issuer: ISSUER,
        audience: AUDIENCE,
      });
    }

    validate() {
      return alice;
    }
  }
  return Strategy;
}

const IS_PUBLIC = 'isPublic';

@Controller()
class PublicController {
  @SetMetadata(IS_PUBLIC, true)
  @Get('public')
  greet() {
    return { hello: 'world' };
  }
}

/** The guard that Nest's documentation makes of `AuthGuard` so that a decorator can open a route. */
class RecipeGuard extends AuthGuard('basic') {
  private readonly reflector = new Reflector();

  override canActivate(context: ExecutionContext) {
    const open = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    return open ? true : super.canActivate(context);
  }
}

const guarded = (names: string | string[], ...strategies: Type[]) => {
  const Guard = AuthGuard(names);
  return (adapter: Adapter) =>
    start(adapter, { imports: [PassportModule], providers: strategies }, (app) => app.useGlobalGuards(new Guard()));
};

/** @nestjs/passport's own guard, over the strategies that its documentation names. */
export const byBasic = guarded('basic', PlainStrategy);
export const byBcrypt = guarded('basic', HashStrategy);
export const byBearer = guarded('bearer', OpaqueStrategy);
export const byBoth = guarded(['bearer', 'basic'], OpaqueStrategy, PlainStrategy);
export const byJwt = (adapter: Adapter, algorithm: Algorithm, keys: Keys) =>
  guarded('jwt', jwtStrategy(algorithm, keys))(adapter);
export const byRecipe = (adapter: Adapter) =>
  start(
    adapter,
    { imports: [PassportModule], providers: [PlainStrategy], controllers: [GreetingController, PublicController] },
    (app) => app.useGlobalGuards(new RecipeGuard()),
  );
