import type { Type } from '@nestjs/common';
import type { Origins } from '../http/origin.js';
import type { Protection } from '../response/protection.js';
import type { Opening, Scheme } from '../schemes/scheme.js';
import type { OptionalAuthOptions } from './optional.js';
import type { ScopesFunction } from './request.scopes.js';
import type { RequiredRoles } from './roles.js';
import type { ScopeHierarchy } from './scope.hierarchy.js';
import type { RequiredScopes } from './scopes.js';
import type { StepUpOptions } from './step-up.js';

/** The access of a route: it is open, accepts credentials, or requires them. */
export type Access = 'public' | 'optional' | 'required';

/** The decorator that decides the access of a route, and its place. */
export interface AccessDecorator {
  readonly decorator: '@Public()' | '@Public(false)' | '@OptionalAuth()';
  readonly on: 'method' | 'class';
}

/** The decorator or option that decides the access of a route, in words, for reports. */
export type AccessReason =
  | `${'@Public()' | '@Public(false)' | '@OptionalAuth()'} on the ${'method' | 'class'}`
  | 'option public'
  | 'protect()'
  | 'default';

/** The requirements of a route or of a protected path. */
export interface Policy extends Protection {
  /** The name of the route in events: `ArticlesController.create`, or the path of `protect()`. */
  readonly route: string;
  readonly access: Access;
  /** The class and the method; `undefined` for a protected path. */
  readonly target?: Route | undefined;
  /** The decorator or the option that decides the access. */
  readonly reason: AccessDecorator | 'option public' | 'protect()' | 'default';
  /** The result that requests open; `undefined` for a protected path, because there each request decides. */
  readonly opens?: Opening | undefined;
  /** The schemes by their auth-schemes in lower case. */
  readonly byAuthScheme: ReadonlyMap<string, Scheme>;
  /** If `true`, an `Authorization` field of a scheme that the route does not accept is ignored. */
  readonly ignoresOtherSchemes: boolean;
  /** The pages that may open a connection on a protected path with ambient credentials. */
  readonly origins?: Origins | undefined;
  /** If `anonymous`, an optional route treats credentials that have expired as missing. */
  readonly stale?: OptionalAuthOptions['stale'];
  /** The scopes that the credentials need; `undefined` if they need none. */
  readonly scopes?: RequiredScopes | undefined;
  /** Which scopes imply others, for all routes of the application. */
  readonly hierarchy: ScopeHierarchy;
  /** Returns more scopes that one request needs; `undefined` if no function does. */
  readonly scopesOf?: ScopesFunction | undefined;
  /** The roles that the principal needs; `undefined` if it needs none. */
  readonly roles?: RequiredRoles | undefined;
  /** How and when the user must have authenticated; `undefined` if it does not matter. */
  readonly stepUp?: StepUpOptions | undefined;
  /** If `true`, the credentials must be bound to a key or a certificate of the client. */
  readonly senderConstrained?: boolean | undefined;
  /** If `true`, the route responds to preflights itself. A preflight never has credentials. */
  readonly preflight: boolean;
}

/** Returns the reason of a policy's access in words. */
export function reasonText(reason: Policy['reason']): AccessReason {
  return typeof reason === 'string' ? reason : `${reason.decorator} on the ${reason.on}`;
}

/** A route of a controller. */
export interface Route {
  /** The class of the controller. */
  readonly controller: Type;
  /** The method of the controller. */
  readonly handler: Function;
}

/**
 * Returns `true` if a route is open. It is called once for each route at startup, not for each request.
 *
 * If it returns anything but a boolean, e.g. a promise, the application does not start.
 */
export type RoutePredicate = (route: Route) => boolean;
