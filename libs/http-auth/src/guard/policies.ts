import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { METHOD_METADATA } from '../common/nest.internals.js';
import { isPromise } from '../common/promise.js';
import { realmProblem } from '../http/realm.js';
import { APPLICATION_PROTECTION, type Prompt, type Protection, type RealmOption } from '../response/protection.js';
import { authSchemeOf } from '../schemes/auth.scheme.js';
import type { Scheme } from '../schemes/scheme.js';
import { SchemeRegistry } from '../schemes/scheme.registry.js';
import {
  ACCESS,
  OPTIONAL,
  PROMPT,
  REALM,
  ROLES,
  SCHEMES,
  SCOPES,
  SCOPES_BY,
  SENDER_CONSTRAINED,
  STEP_UP,
} from './decorators.js';
import { authenticates, openingOf, schemesFor } from './opening.js';
import { optionalProblem, type OptionalAuthOptions } from './optional.js';
import type { Access, Policy, Route, RoutePredicate } from './policy.js';
import type { ScopesFunction } from './request.scopes.js';
import { type RequiredRoles, rolesProblem } from './roles.js';
import { ScopeHierarchy } from './scope.hierarchy.js';
import { type RequiredScopes, scopeParam, scopesProblem } from './scopes.js';
import { constrainedSchemes, constraintProblem } from './sender.constrained.js';
import { type StepUpOptions, stepUpProblem } from './step-up.js';

/** The injection token of the option `public`. */
export const OPEN_ROUTES = Symbol('nestjs-http-auth:open-routes');

/** The injection token of the option `ignoreOtherSchemes`. */
export const IGNORE_OTHER_SCHEMES = Symbol('nestjs-http-auth:ignore-other-schemes');

/** The decorator of each access. */
const DECORATORS = { public: '@Public()', required: '@Public(false)', optional: '@OptionalAuth()' } as const;

/** The parts of a policy that decorators or `protect()` set. The module's options are the defaults of the rest. */
type PolicyParts = Pick<
  Policy,
  | 'route'
  | 'target'
  | 'access'
  | 'reason'
  | 'preflight'
  | 'origins'
  | 'stale'
  | 'scopes'
  | 'scopesOf'
  | 'roles'
  | 'stepUp'
  | 'senderConstrained'
> & {
  /** Required, because without it a connection does not accept tickets. */
  readonly opens: Policy['opens'];
  readonly realm: RealmOption | undefined;
  readonly schemes: readonly string[] | undefined;
  readonly prompt: Prompt | undefined;
};

/** The policy of every route: the decorators of the method come first, then those of the class, then the module's options. */
@Injectable()
export class Policies {
  /** By handler. Several controllers may inherit the same method, and each has its own policy for it. */
  private readonly known = new WeakMap<Function, Map<Type, Policy>>();
  private readonly reflector = new Reflector();

  /**
   * @param application the realm, schemes and prompt of routes without decorators
   * @param open the option `public`
   * @param ignoresOtherSchemes the option `ignoreOtherSchemes`
   * @param hierarchy the option `scopes`
   */
  constructor(
    @Inject(APPLICATION_PROTECTION) private readonly application: Protection,
    @Inject(OPEN_ROUTES) private readonly open: readonly (Type | RoutePredicate)[],
    @Inject(IGNORE_OTHER_SCHEMES) private readonly ignoresOtherSchemes: boolean,
    private readonly hierarchy: ScopeHierarchy,
    private readonly schemes: SchemeRegistry,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Returns the policy of a route. The first call decides it. */
  of(controller: Type, handler: Function): Policy {
    let policies = this.known.get(handler);
    if (policies === undefined) this.known.set(handler, (policies = new Map()));
    let policy = policies.get(controller);
    if (policy === undefined) policies.set(controller, (policy = this.decide({ controller, handler })));
    return policy;
  }

  /**
   * Creates a policy from its parts and the module's options.
   *
   * @throws AuthConfigurationError if the realm is invalid, a scheme is unknown, no scheme checks the binding that is required, or the
   *   scopes, the roles or the step-up are invalid
   */
  make({ realm, schemes, prompt, ...rest }: PolicyParts): Policy {
    const { application } = this;
    const { scopes } = rest;
    const name = realm ?? application.realm;
    const problem = typeof name === 'function' ? undefined : realmProblem(name);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_REALM', `realm: ${problem}`);
    checkRequirements(rest);
    const { opens, senderConstrained } = rest;
    const all = schemes === undefined ? this.schemes.usual : this.schemes.named(schemes);
    const unchecked = senderConstrained === true ? constraintProblem(all) : undefined;
    if (unchecked !== undefined) throw new AuthConfigurationError('ERR_AUTH_SCHEMES', unchecked);
    const named = senderConstrained === true ? constrainedSchemes(all) : all;
    const accepted = opens === undefined ? named : schemesFor(named, opens);
    return {
      ...rest,
      realm: name,
      prompt: prompt ?? application.prompt,
      schemes: accepted,
      byAuthScheme: byAuthScheme(accepted),
      ignoresOtherSchemes: this.ignoresOtherSchemes,
      hierarchy: this.hierarchy,
      params: scopes && { scope: scopeParam(scopes, this.hierarchy) },
    };
  }

  /**
   * Decides the policy of every route of the application, at startup.
   *
   * @param others the handlers of other transports
   * @throws AuthConfigurationError if a decorator is invalid
   */
  decideAll(others: Iterable<Route>): void {
    for (const { controller, handler } of others) this.of(controller, handler);
    for (const { metatype } of this.discovery.getControllers()) {
      const controller = metatype as Type<Record<string, Function>>;
      for (const name of this.scanner.getAllMethodNames(controller.prototype)) {
        this.of(controller, controller.prototype[name]);
      }
    }
  }

  private decide(route: Route): Policy {
    const { handler, controller } = route;
    const targets = [handler, controller];
    const access = this.accessOf(route);
    // A method that opens itself overrides the scopes, the roles, the step-up and the binding of its class.
    const opened = access.access !== 'required' && typeof access.reason === 'object' && access.reason.on === 'method';
    const requirements = opened ? [handler] : targets;
    const method = this.reflector.get<RequestMethod | undefined>(METHOD_METADATA, handler as never);
    try {
      const policy = this.make({
        route: nameOf(route),
        target: route,
        ...access,
        opens: openingOf(controller, handler),
        stale: this.staleOf(targets),
        realm: this.reflector.getAllAndOverride<RealmOption | undefined>(REALM, targets),
        schemes: this.reflector.getAllAndOverride<readonly string[] | undefined>(SCHEMES, targets),
        prompt: this.reflector.getAllAndOverride<Prompt | undefined>(PROMPT, targets),
        scopes: this.reflector.getAllAndOverride<RequiredScopes | undefined>(SCOPES, requirements),
        scopesOf: this.reflector.getAllAndOverride<ScopesFunction | undefined>(SCOPES_BY, requirements),
        roles: this.reflector.getAllAndOverride<RequiredRoles | undefined>(ROLES, requirements),
        stepUp: this.reflector.getAllAndOverride<StepUpOptions | undefined>(STEP_UP, requirements),
        senderConstrained: this.reflector.getAllAndOverride<true | undefined>(SENDER_CONSTRAINED, requirements),
        preflight: method === RequestMethod.OPTIONS,
      });
      // A controller may have other methods.
      if (method !== undefined) checkSchemes(policy);
      return policy;
    } catch (error) {
      if (!(error instanceof AuthConfigurationError)) throw error;
      throw new AuthConfigurationError(error.code, `${nameOf(route)}(): ${error.message}`);
    }
  }

  /** Returns `true` for a class, also if it was compiled to a function and a module has it as a controller. */
  private isClass(entry: Type | RoutePredicate): entry is Type {
    return isClass(entry) || this.discovery.getControllers().some(({ metatype }) => metatype === entry);
  }

  /** @throws AuthConfigurationError if an option of `@OptionalAuth()` is invalid */
  private staleOf(targets: Function[]): Policy['stale'] {
    const options = this.reflector.getAllAndOverride<OptionalAuthOptions | undefined>(OPTIONAL, targets as never) ?? {};
    const problem = optionalProblem(options);
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_DECORATOR', problem);
    return options.stale;
  }

  private accessOf({ handler, controller }: Route): Pick<Policy, 'access' | 'reason'> {
    const onMethod = this.reflector.get<Access | undefined>(ACCESS, handler as never);
    if (onMethod !== undefined) return decorated(onMethod, 'method');
    const onClass = accessOfClass(controller);
    if (onClass !== undefined) return decorated(onClass, 'class');
    const open = this.open.some((entry) =>
      this.isClass(entry) ? entry === controller : isOpen(entry, { handler, controller }),
    );
    return open ? { access: 'public', reason: 'option public' } : { access: 'required', reason: 'default' };
  }
}

function decorated(access: Access, on: 'method' | 'class'): Pick<Policy, 'access' | 'reason'> {
  return { access, reason: { decorator: DECORATORS[access], on } };
}

/**
 * Returns the access that the decorators of a class set. A decorator that opens a class does not open its subclasses: their
 * authors may not know of it. A decorator that closes a class closes its subclasses too.
 */
function accessOfClass(controller: Type): Access | undefined {
  const own = Reflect.getOwnMetadata(ACCESS, controller) as Access | undefined;
  if (own !== undefined) return own;
  return baseClassesOf(controller).some((base) => Reflect.getOwnMetadata(ACCESS, base) === 'required')
    ? 'required'
    : undefined;
}

function baseClassesOf(type: object): object[] {
  const base: unknown = Object.getPrototypeOf(type);
  return typeof base === 'function' && base !== Function.prototype ? [base, ...baseClassesOf(base)] : [];
}

/** Calls a function of the option `public`. A truthy value that is not `true`, such as a promise, must not open the route. */
function isOpen(predicate: RoutePredicate, route: Route): boolean {
  const result: unknown = predicate(route);
  if (typeof result === 'boolean') return result;
  // Without a handler, a rejection would end the process before the error below is reported.
  if (isPromise(result)) result.then(undefined, () => undefined);
  throw new AuthConfigurationError(
    'ERR_AUTH_OPTION',
    `public: the function did not return a boolean for ${nameOf(route)}(); it must return true or false, and must not be async`,
  );
}

/**
 * Checks the scopes, the roles, the step-up and the binding of a policy.
 *
 * @throws AuthConfigurationError if they are invalid, or if the route does not require credentials
 */
function checkRequirements({
  access,
  scopes,
  scopesOf,
  roles,
  stepUp,
  senderConstrained,
}: Pick<PolicyParts, 'access' | 'scopes' | 'scopesOf' | 'roles' | 'stepUp' | 'senderConstrained'>): void {
  const problem =
    (scopes && scopesProblem(scopes)) ?? (roles && rolesProblem(roles)) ?? (stepUp && stepUpProblem(stepUp));
  if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_DECORATOR', problem);
  if (scopesOf !== undefined && typeof scopesOf !== 'function') {
    throw new AuthConfigurationError(
      'ERR_AUTH_DECORATOR',
      'scopes: @Scopes.by() needs a function; pass (request) => scopes',
    );
  }
  if (access === 'required') return;
  const [what] = [
    (scopes ?? scopesOf) && 'scopes',
    roles && 'roles',
    stepUp && 'step-up',
    senderConstrained && 'sender-constrained',
  ].filter((one) => typeof one === 'string');
  // A client could bypass the requirement by sending no token.
  if (what === undefined) return;
  const fix = what === 'sender-constrained' ? '@SenderConstrained()' : `the ${what}`;
  throw new AuthConfigurationError(
    'ERR_AUTH_OPEN_ROUTE',
    `${what}: the route is ${access}, so no client needs credentials; close the route or remove ${fix}`,
  );
}

/**
 * Checks that a request can satisfy the policy of a route.
 *
 * @throws AuthConfigurationError if no scheme of the route authenticates its requests
 */
function checkSchemes({ access, schemes, opens = 'response' }: Policy): void {
  if (access === 'public' || schemes.some((scheme) => authenticates(scheme, opens))) return;
  const names = schemes.map(({ name }) => name).join(', ');
  throw new AuthConfigurationError(
    'ERR_AUTH_SCHEMES',
    `schemes: ${names} does not authenticate such a route; name another scheme, or open the route`,
  );
}

/**
 * Returns the schemes by their auth-schemes.
 *
 * @throws AuthConfigurationError if two schemes have the same one
 */
function byAuthScheme(schemes: readonly Scheme[]): ReadonlyMap<string, Scheme> {
  const found = new Map<string, Scheme>();
  for (const scheme of schemes) {
    const key = authSchemeOf(scheme);
    const other = found.get(key);
    if (other !== undefined) {
      throw new AuthConfigurationError(
        'ERR_AUTH_SCHEME_DUPLICATE',
        `schemes: "${other.name}" and "${scheme.name}" have the same auth-scheme, so it is unclear which of them checks a request; ` +
          'name one of them with @Schemes(), or set optIn: true for one',
      );
    }
    found.set(key, scheme);
  }
  return found;
}

function nameOf({ controller, handler }: Route): string {
  return `${controller.name}.${keyOf(controller.prototype as object, handler) ?? handler.name}`;
}

/** Returns the name of a method in its class. A decorator may have replaced the method by a function without a name. */
function keyOf(prototype: object | null, handler: Function): string | undefined {
  if (prototype === null || prototype === Object.prototype) return undefined;
  const methods = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  const [name] = methods.find(([, { value }]) => value === handler) ?? [];
  return name ?? keyOf(Object.getPrototypeOf(prototype) as object | null, handler);
}

/** Returns `true` if a function is a class. */
export function isClass(entry: Function): entry is Type {
  return /^class\b/.test(Function.prototype.toString.call(entry));
}
