import {
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import type { Prompt, RealmOption } from '../response/protection.js';
import type { AuthenticatedRequest, AuthInfo } from './authenticated-request.js';
import type { Access } from './policy.js';
import type { ScopesFunction } from './request.scopes.js';
import type { RequiredScopes } from './scopes.js';
import type { StepUpOptions } from './step-up.js';

/** The metadata that the decorators leave on classes and methods. */
export const ACCESS = 'nestjs-http-auth:access';
export const REALM = 'nestjs-http-auth:realm';
export const SCHEMES = 'nestjs-http-auth:schemes';
export const PROMPT = 'nestjs-http-auth:prompt';
export const SCOPES = 'nestjs-http-auth:scopes';
export const SCOPES_BY = 'nestjs-http-auth:scopes-by';
export const STEP_UP = 'nestjs-http-auth:step-up';

type ClassOrMethodDecorator = ClassDecorator & MethodDecorator;

/**
 * Opens a controller or a method: nobody is asked for credentials, and credentials that come are not looked at.
 *
 * @param open `false` closes a method again inside a class that is open
 */
export const Public = (open = true): ClassOrMethodDecorator =>
  SetMetadata(ACCESS, (open ? 'public' : 'required') satisfies Access);

/**
 * Lets a request without credentials in, as nobody: `@CurrentUser()` is then `undefined`. Credentials that come must be
 * good all the same.
 */
export const OptionalAuth = (): ClassOrMethodDecorator => SetMetadata(ACCESS, 'optional' satisfies Access);

/**
 * Names the protection space of a controller or a method, in place of the module's (RFC 9110 section 11.5).
 *
 * @param realm the name, in printable ASCII, or a function of the request that returns it or a promise of it
 */
export const Realm = (realm: RealmOption): ClassOrMethodDecorator => SetMetadata(REALM, realm);

/**
 * Names the schemes that open a controller or a method, out of those of the module. Their challenges keep the module's
 * order. It does not say whether credentials are asked for: see {@link Public} and {@link OptionalAuth}.
 *
 * @param names auth-schemes, in any case, e.g. `'basic'`
 */
export const Schemes = (...names: string[]): ClassOrMethodDecorator => SetMetadata(SCHEMES, names);

/**
 * Says when a browser may prompt for a password on a controller or a method, in place of the module's
 * `challenges.prompt`.
 */
export const BrowserPrompt = (prompt: Prompt): ClassOrMethodDecorator => SetMetadata(PROMPT, prompt);

/** What {@link Scopes} is: a decorator that asks for all of its scopes, with one that asks for any, and one that asks by the request. */
export interface ScopesDecorator {
  /** Asks for all of the scopes. */
  (...names: string[]): ClassDecorator & MethodDecorator;
  /** Asks for one of the scopes; the challenge names the first, so put the narrowest there. */
  any(...names: string[]): ClassDecorator & MethodDecorator;
  /**
   * Asks for the scopes that a function of the request names, beside those of the route: where one path serves many things, as
   * JSON-RPC and MCP do.
   */
  by(scopesOf: ScopesFunction): ClassDecorator & MethodDecorator;
}

/**
 * Asks for credentials that were issued for some scopes: others are refused with 403, and of a token the challenge says
 * `error="insufficient_scope"` and which scopes are needed (RFC 6750 section 3.1). The 401 of the route names them as well.
 *
 * The scopes of a request are those that its verifier gave to `admit()`, or the `scopes` or `scope` of its principal. Who has
 * neither has none.
 *
 * @param names scopes (RFC 6749 section 3.3), e.g. `'reports:read'`
 */
export const Scopes: ScopesDecorator = Object.assign((...names: string[]) => requireScopes('all', names), {
  any: (...names: string[]) => requireScopes('any', names),
  by: (scopesOf: ScopesFunction) => SetMetadata(SCOPES_BY, scopesOf ?? null),
});

function requireScopes(mode: RequiredScopes['mode'], names: readonly string[]): ClassOrMethodDecorator {
  return SetMetadata(SCOPES, { mode, names } satisfies RequiredScopes);
}

/**
 * Asks for somebody who was authenticated in a certain way, or lately: others are refused with 401 and
 * `error="insufficient_user_authentication"`, which has their client send them to the authorization server (RFC 9470).
 *
 * What is known of it are the `acr` and `authTime` that the verifier gave to `admit()`, or the claims `acr` and `auth_time` of
 * the principal. What is not known will not do.
 *
 * @param options the classes that will do, the age of the authentication, or both
 */
export const StepUp = (options: StepUpOptions): ClassOrMethodDecorator => SetMetadata(STEP_UP, options ?? {});

/** A pipe, as Nest's own parameter decorators take it. */
type Pipe = Type<PipeTransform> | PipeTransform;

/**
 * The principal of the request, as the verifier returned it, or one property of it; `undefined` where nobody is signed
 * in.
 *
 * @example
 * mine(@CurrentUser() user: User, @CurrentUser<User>('name') name: string) {}
 */
export const CurrentUser: <Principal = Record<string, unknown>>(
  property?: Extract<keyof Principal, string> | Pipe,
  ...pipes: Pipe[]
) => ParameterDecorator = createParamDecorator((property: string | undefined, context: ExecutionContext): unknown => {
  const user = requestOf(context)?.user as Record<string, unknown> | undefined;
  return property === undefined ? user : user?.[property];
});

/**
 * Which scheme and realm admitted the request, or one of the two; `undefined` where nobody is signed in.
 *
 * @example
 * me(@CurrentAuth() { scheme, realm }: AuthInfo) {}
 */
export const CurrentAuth: (property?: keyof AuthInfo | Pipe, ...pipes: Pipe[]) => ParameterDecorator =
  createParamDecorator((property: keyof AuthInfo | undefined, context: ExecutionContext): unknown => {
    const info = requestOf(context)?.authInfo;
    return property === undefined ? info : info?.[property];
  });

function requestOf(context: ExecutionContext): Partial<AuthenticatedRequest> | undefined {
  return context.switchToHttp().getRequest();
}
