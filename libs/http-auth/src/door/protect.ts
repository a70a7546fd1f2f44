import { type INestApplicationContext, Scope, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Policies } from '../guard/policies.js';
import type { Access } from '../guard/policy.js';
import type { StepUpOptions } from '../guard/step-up.js';
import type { Prompt, RealmOption } from '../response/protection.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { type OptionNames, unknownOption } from '../common/options.js';
import { type Origins, originsProblem } from '../http/origin.js';
import { Gate } from './gate.js';
import { pathProblem } from './paths/path.problem.js';

/** The requirements of a protected path. */
export interface PathPolicy {
  /**
   * If `required`, requests need credentials. If `optional`, they may have credentials.
   *
   * @default 'required'
   */
  readonly access?: Exclude<Access, 'public'>;
  /**
   * The realm.
   *
   * @default the value of the module
   */
  readonly realm?: RealmOption;
  /**
   * The names of the schemes that the path accepts.
   *
   * @default all schemes of the module
   */
  readonly schemes?: readonly string[];
  /**
   * When a browser may prompt.
   *
   * @default the value of the module
   */
  readonly prompt?: Prompt;
  /**
   * The scopes that credentials need, all of them; see `Scopes`.
   *
   * @default none
   */
  readonly scopes?: readonly string[];
  /**
   * The roles that the principal needs, all of them; see `Roles`.
   *
   * @default none
   */
  readonly roles?: readonly string[];
  /**
   * How and when the user must have authenticated; see `StepUp`.
   *
   * @default none
   */
  readonly stepUp?: StepUpOptions;
  /**
   * If `true`, tokens must be bound to a key or a certificate of the client; see `SenderConstrained`.
   *
   * @default false
   */
  readonly senderConstrained?: boolean;
  /**
   * Literal paths at or below the protected path that stay open, for all methods, in this spelling only, e.g. `/health`. An
   * entry that ends in a slash, e.g. `/.well-known/acme-challenge/`, opens everything below it. An exception does not open a
   * path that another `protect()` protects.
   *
   * @default []
   */
  readonly except?: readonly string[];
  /**
   * If `true`, preflights reach the code behind the path. They have no credentials, so that code responds to `OPTIONS`
   * for every client. If `false`, the response is 204 without CORS fields, which keeps other origins out.
   *
   * @default false
   */
  readonly preflight?: boolean;
  /**
   * The pages that may open WebSockets on the path with ambient credentials, i.e. cookies and passwords that a browser adds by itself:
   * those of this host, those of a list, or those of a function `(origin, request) => boolean`. Others get 403.
   *
   * @default 'same'
   */
  readonly origins?: Origins;
}

/**
 * Protects the whole server, or a path and everything below it, because guards run on controllers only: Swagger UI with its
 * `-json` and `-yaml`, static files, a mounted router, a metrics endpoint. The policy applies before the body of a request is
 * parsed. The handler of the path may be mounted before or after this call.
 *
 * A path is literal: wildcards, parameters and queries are errors. If anything is protected, requests get 400 if their target
 * contains dot segments, control characters, a backslash, `#` or a malformed percent-encoding before the first `?`.
 *
 * @example
 * protect(app, { except: ['/health'] });
 * protect(app, '/docs', { realm: 'API documentation' });
 *
 * @throws AuthConfigurationError if a path or its policy is invalid, or if the application has no AuthModule
 */
export function protect(app: INestApplicationContext, policy?: PathPolicy): void;
/**
 * Protects a path, or several, and everything below. Each path is literal.
 *
 * @param path a path, or several; by default `/`, the whole server
 * @throws AuthConfigurationError if a path or its policy is invalid, or if the application has no AuthModule
 */
export function protect(app: INestApplicationContext, path: string | readonly string[], policy?: PathPolicy): void;
export function protect(
  app: INestApplicationContext,
  path: string | readonly string[] | PathPolicy = '/',
  policy?: PathPolicy,
): void {
  if (typeof path === 'object' && path !== null && !Array.isArray(path))
    return protectPaths(app, ['/'], path as PathPolicy);
  return protectPaths(app, [path].flat() as string[], policy ?? {});
}

const NAMES: OptionNames<PathPolicy> = {
  access: true,
  realm: true,
  schemes: true,
  prompt: true,
  scopes: true,
  roles: true,
  stepUp: true,
  senderConstrained: true,
  except: true,
  preflight: true,
  origins: true,
};

function protectPaths(app: INestApplicationContext, paths: readonly string[], policy: PathPolicy): void {
  const { access = 'required', realm, schemes, prompt, stepUp, preflight = false, except = [], origins } = policy;
  const { senderConstrained } = policy;
  const unknown = unknownOption(policy, NAMES, 'protect(): ');
  if (unknown !== undefined) throw new AuthConfigurationError('ERR_AUTH_PATH', unknown);
  if (paths.length === 0) {
    throw new AuthConfigurationError('ERR_AUTH_PATH', 'protect(): the list of paths is empty; name at least one path');
  }
  if (access !== 'required' && access !== 'optional') {
    throw new AuthConfigurationError('ERR_AUTH_PATH', "protect(): access must be 'required' or 'optional'");
  }
  if (senderConstrained !== undefined && typeof senderConstrained !== 'boolean') {
    throw new AuthConfigurationError('ERR_AUTH_PATH', 'protect(): senderConstrained must be true or false');
  }
  if (!Array.isArray(except)) {
    throw new AuthConfigurationError('ERR_AUTH_PATH', "protect(): except must be a list of paths, e.g. ['/health']");
  }
  const wrong = origins === undefined ? undefined : originsProblem(origins);
  if (wrong !== undefined) throw new AuthConfigurationError('ERR_AUTH_PATH', `protect(): ${wrong}`);
  const [gate, policies] = [find(app, Gate), find(app, Policies)];
  const [scopes, roles] = [policy.scopes, policy.roles].map(allOf);
  const parts = {
    access,
    reason: 'protect()',
    opens: undefined,
    realm,
    schemes,
    prompt,
    preflight,
    scopes,
    roles,
    stepUp,
    senderConstrained,
    origins,
  } as const;
  for (const one of paths) {
    const problem = pathProblem(one);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_PATH', problem);
    gate.protect(one, policies.make({ ...parts, route: one }), except);
  }
}

/** The names are checked later, so they may be anything. */
function allOf(names: readonly string[] | undefined): { names: readonly string[]; mode: 'all' } | undefined {
  return names === undefined ? undefined : { names, mode: 'all' };
}

function find<T>(app: INestApplicationContext, type: Type<T>): T {
  let scope: Scope;
  try {
    ({ scope } = app.get(ModuleRef, { strict: false }).introspect(type));
  } catch (cause) {
    throw new AuthConfigurationError(
      'ERR_AUTH_MODULE_MISSING',
      'protect(): the application has no AuthModule, or the AuthModule of another copy of this package; import it from the same copy',
      { cause },
    );
  }
  if (scope === Scope.DEFAULT) return app.get(type, { strict: false });
  throw new AuthConfigurationError(
    'ERR_AUTH_PROVIDER_SCOPE',
    'protect(): a dependency of AuthModule.forRootAsync() is request-scoped; inject singletons',
  );
}
