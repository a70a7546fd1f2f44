import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import type { Prompt, RealmOption } from '../response/protection.js';
import type { AuthInfo } from './authenticated-request.js';
import { requestOf } from './carrier.js';
import type { OptionalAuthOptions } from './optional.js';
import type { Access } from './policy.js';
import type { ScopesFunction } from './request.scopes.js';
import type { RequiredRoles } from './roles.js';
import type { RequiredScopes } from './scopes.js';
import type { StepUpOptions } from './step-up.js';

/** The metadata keys of the decorators. */
export const ACCESS = 'nestjs-http-auth:access';
export const OPTIONAL = 'nestjs-http-auth:optional';
export const REALM = 'nestjs-http-auth:realm';
export const SCHEMES = 'nestjs-http-auth:schemes';
export const PROMPT = 'nestjs-http-auth:prompt';
export const SCOPES = 'nestjs-http-auth:scopes';
export const SCOPES_BY = 'nestjs-http-auth:scopes-by';
export const ROLES = 'nestjs-http-auth:roles';
export const STEP_UP = 'nestjs-http-auth:step-up';
export const SENDER_CONSTRAINED = 'nestjs-http-auth:sender-constrained';

/** A decorator for a controller and for its methods. */
export type ClassOrMethodDecorator = ClassDecorator & MethodDecorator;

/**
 * Opens a controller or a method: requests do not need credentials, and the guard ignores the credentials that they have.
 *
 * On a class, it does not open the subclasses. Decorate them as well.
 *
 * @param open any value but `true`, e.g. `false`, closes a method of an open class
 */
export const Public = (open = true): ClassOrMethodDecorator =>
  SetMetadata(ACCESS, ((open as unknown) === true ? 'public' : 'required') satisfies Access);

/**
 * Accepts requests without credentials too; `@CurrentUser()` is then `undefined`. Credentials that a request has must still be
 * valid.
 *
 * On a class, it does not apply to the subclasses.
 *
 * @param options what happens to credentials that have expired
 */
export const OptionalAuth = (options: OptionalAuthOptions = {}): ClassOrMethodDecorator =>
  applyDecorators(SetMetadata(ACCESS, 'optional' satisfies Access), SetMetadata(OPTIONAL, options ?? {}));

/**
 * Sets the realm of a controller or a method, instead of the module's (RFC 9110 section 11.5). Subclasses inherit it.
 *
 * @param realm the name in printable ASCII, or a function of the request that returns the name or a promise of it
 */
export const Realm = (realm: RealmOption): ClassOrMethodDecorator => SetMetadata(REALM, realm);

/**
 * Limits a controller or a method to some of the module's schemes. Their challenges keep the module's order. Subclasses inherit
 * it. Use {@link Public} or {@link OptionalAuth} to change whether credentials are required.
 *
 * @param names auth-schemes in any case, e.g. `'basic'`
 */
export const Schemes = (...names: string[]): ClassOrMethodDecorator => SetMetadata(SCHEMES, names);

/** Sets when a browser may prompt for a password on a controller or a method, instead of `challenges.prompt`. */
export const BrowserPrompt = (prompt: Prompt): ClassOrMethodDecorator => SetMetadata(PROMPT, prompt);

/** The type of {@link Scopes}. */
export interface ScopesDecorator {
  /** Requires all of the scopes. */
  (...names: string[]): ClassDecorator & MethodDecorator;
  /** Requires one of the scopes. The challenge names the first, so put the narrowest there. */
  any(...names: string[]): ClassDecorator & MethodDecorator;
  /**
   * Requires the scopes that a function returns for the request, in addition to the scopes of the route. Use it if one path serves
   * many operations, as in JSON-RPC and MCP.
   */
  by(scopesOf: ScopesFunction): ClassDecorator & MethodDecorator;
}

/**
 * Requires credentials with scopes. Other credentials get 403; for a token, the challenge has `error="insufficient_scope"` and
 * the scopes (RFC 6750 section 3.1). The challenges of the route's 401 name the scopes too. Subclasses inherit it.
 *
 * The verifier passes the scopes of a request to `admit()`; otherwise, the guard reads `scopes` or `scope` of the principal. A
 * principal without either has no scopes.
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

/** The type of {@link Roles}. */
export interface RolesDecorator {
  /** Requires all of the roles. */
  (...names: string[]): ClassDecorator & MethodDecorator;
  /** Requires one of the roles. */
  any(...names: string[]): ClassDecorator & MethodDecorator;
}

/**
 * Requires a principal with roles. Other principals get 403 without a challenge, because no other credentials of the same user would
 * help. Subclasses inherit it.
 *
 * The verifier passes the roles to `admit()`; otherwise, the guard reads `roles` of the principal: a list of strings, or a string for
 * a single role. A principal without either has no roles.
 *
 * @param names roles, e.g. `'admin'`
 */
export const Roles: RolesDecorator = Object.assign((...names: string[]) => requireRoles('all', names), {
  any: (...names: string[]) => requireRoles('any', names),
});

function requireRoles(mode: RequiredRoles['mode'], names: readonly string[]): ClassOrMethodDecorator {
  return SetMetadata(ROLES, { mode, names } satisfies RequiredRoles);
}

/**
 * Requires that the user authenticated in a certain way, or recently. Other requests get 401 with
 * `error="insufficient_user_authentication"`: the client then sends its user to the authorization server (RFC 9470). Subclasses
 * inherit it.
 *
 * The guard reads the `acr` and `authTime` that the verifier passed to `admit()`; otherwise the claims `acr` and `auth_time` of
 * the principal. If they are unknown, the request is refused.
 *
 * @param options the accepted classes, the maximum age of the authentication in seconds, or both
 */
export const StepUp = (options: StepUpOptions): ClassOrMethodDecorator => SetMetadata(STEP_UP, options ?? {});

/**
 * Requires a token that is bound to a key or a certificate of its client, so that a stolen token is useless. `dpop()` checks keys, and
 * the option `certificate` of `bearer()` checks certificates. Other tokens get 401 with `error="invalid_token"`. The route accepts only
 * the schemes of OAuth. Subclasses inherit it.
 *
 * @example
 * @SenderConstrained() @Post('payments') pay() {}
 */
export const SenderConstrained = (): ClassOrMethodDecorator => SetMetadata(SENDER_CONSTRAINED, true);

/** A pipe of a parameter decorator: a class or an instance, as Nest's own decorators accept it. */
export type ParameterPipe = Type<PipeTransform> | PipeTransform;

/**
 * Injects the principal of the request, as the verifier returned it, or one of its properties. The value is `undefined` if the
 * request is not authenticated.
 *
 * @example
 * mine(@CurrentUser() user: User, @CurrentUser<User>('name') name: string) {}
 */
export const CurrentUser: <Principal = Record<string, unknown>>(
  property?: Extract<keyof Principal, string> | ParameterPipe,
  ...pipes: ParameterPipe[]
) => ParameterDecorator = createParamDecorator((property: string | undefined, context: ExecutionContext): unknown => {
  const user = requestOf(context)?.user as Record<string, unknown> | undefined;
  return property === undefined ? user : user?.[property];
});

/**
 * Injects how the request was authenticated: the scheme, the realm and the info of `admit()`, or one of them. The value is
 * `undefined` if the request is not authenticated.
 *
 * @example
 * me(@CurrentAuth() { scheme, realm }: AuthInfo) {}
 */
export const CurrentAuth: (property?: keyof AuthInfo | ParameterPipe, ...pipes: ParameterPipe[]) => ParameterDecorator =
  createParamDecorator((property: keyof AuthInfo | undefined, context: ExecutionContext): unknown => {
    const info = requestOf(context)?.authInfo;
    return property === undefined ? info : info?.[property];
  });
