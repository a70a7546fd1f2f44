import type { Type } from '@nestjs/common';
import type { Protection } from '../response/protection.js';
import type { Scheme } from '../schemes/scheme.js';
import type { ScopesFunction } from './request.scopes.js';
import type { RequiredScopes } from './scopes.js';
import type { StepUpOptions } from './step-up.js';

/** Whether a route asks for credentials. */
export type Access = 'public' | 'optional' | 'required';

/** What says whether a route asks for credentials: the nearest decorator, the option, or neither. */
export type AccessReason =
  | `${'@Public()' | '@Public(false)' | '@OptionalAuth()'} on the ${'method' | 'class'}`
  | 'option public'
  | 'protect()'
  | 'default';

/** What a route asks for. */
export interface Policy extends Protection {
  /** How events call the route: `ArticlesController.create`, or the path that `protect()` was given. */
  readonly route: string;
  readonly access: Access;
  /** The schemes by their names in lower case, as credentials name them. */
  readonly byName: ReadonlyMap<string, Scheme>;
  readonly because: AccessReason;
  /** The scopes that credentials need; absent: none. */
  readonly scopes?: RequiredScopes | undefined;
  /** Names the scopes that a request needs beside those; absent: none. */
  readonly scopesOf?: ScopesFunction | undefined;
  /** How their holder must have been authenticated; absent: anyhow. */
  readonly stepUp?: StepUpOptions | undefined;
  /** Whether the route answers preflights itself, which never have credentials. */
  readonly preflight: boolean;
}

/** A route, as the application declares it. */
export interface Route {
  /** The class of the controller. */
  readonly controller: Type;
  /** The method of the controller. */
  readonly handler: Function;
}

/** Says whether a route is open. It is asked once for each route, not for each request. */
export type RoutePredicate = (route: Route) => boolean;
