import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/internal';
import { type DiscoveryService, type MetadataScanner, Reflector } from '@nestjs/core';
import type { AuthParams } from '../http/auth-param.js';
import { realmProblem } from '../http/realm.js';
import type { Prompt, RealmOption } from '../response/protection.js';
import { AuthConfigurationError } from '../common/configuration.error.js';
import type { SchemeRegistry } from '../schemes/scheme.registry.js';
import { ACCESS, PROMPT, REALM, SCHEMES, SCOPES, SCOPES_BY, STEP_UP } from './decorators.js';
import type { Access, Policy, Route, RoutePredicate } from './policy.js';
import type { ScopesFunction } from './request.scopes.js';
import { type RequiredScopes, scopeParam, scopesProblem } from './scopes.js';
import { type StepUpOptions, stepUpProblem } from './step-up.js';

/** Who gives a route its access. */
const DECORATORS = { public: '@Public()', required: '@Public(false)', optional: '@OptionalAuth()' } as const;

/** What is said of a policy: all that no option of the module can say, and the rest where it differs. */
type PolicyParts = Pick<Policy, 'route' | 'access' | 'because' | 'preflight' | 'scopes' | 'scopesOf' | 'stepUp'> & {
  readonly realm: RealmOption | undefined;
  readonly schemes: readonly string[] | undefined;
  readonly prompt: Prompt | undefined;
};

/** The policy of every route: what its decorators say, the method's before the class's, and the module's options. */
export class Policies {
  /** By handler; a method that is inherited is one of several controllers. */
  private readonly known = new WeakMap<Function, { readonly controller: Type; readonly policy: Policy }[]>();
  private readonly reflector = new Reflector();

  constructor(
    private readonly realm: RealmOption,
    private readonly schemes: SchemeRegistry,
    private readonly prompt: Prompt,
    private readonly open: readonly (Type | RoutePredicate)[],
    /** What the challenges of OAuth's schemes say on every route. */
    private readonly params?: AuthParams,
  ) {}

  /** The policy of a route. It is decided once. */
  of(controller: Type, handler: Function): Policy {
    let policies = this.known.get(handler);
    if (policies === undefined) this.known.set(handler, (policies = []));
    for (const known of policies) if (known.controller === controller) return known.policy;
    const policy = this.decide({ controller, handler });
    policies.push({ controller, policy });
    return policy;
  }

  /**
   * A policy of what is said of it, and of the module's options where nothing is.
   *
   * @throws AuthConfigurationError where its realm cannot be sent, it names no scheme or one that is not there, or what it asks
   * of credentials cannot be asked
   */
  make({ realm = this.realm, schemes, prompt = this.prompt, scopes, stepUp, ...rest }: PolicyParts): Policy {
    const wrong = typeof realm === 'function' ? undefined : realmProblem(realm);
    const problem = (wrong && `realm: ${wrong}`) ?? askingProblem({ ...rest, scopes, stepUp });
    if (problem !== undefined) throw new AuthConfigurationError('ERR_AUTH_DECORATOR', problem);
    const params = scopes === undefined ? this.params : { scope: scopeParam(scopes), ...this.params };
    const opening = schemes === undefined ? this.schemes.all : this.schemes.named(schemes);
    return {
      ...rest,
      realm,
      prompt,
      schemes: opening,
      byName: new Map(opening.map((scheme) => [scheme.name.toLowerCase(), scheme])),
      scopes,
      stepUp,
      ...(params && { params }),
    };
  }

  /**
   * Decides the policy of every route of the application at boot.
   *
   * @throws AuthConfigurationError where a decorator says what cannot work
   */
  decideAll(discovery: DiscoveryService, scanner: MetadataScanner): void {
    for (const { metatype } of discovery.getControllers()) {
      const controller = metatype as Type<Record<string, Function>>;
      for (const name of scanner.getAllMethodNames(controller.prototype)) {
        this.of(controller, controller.prototype[name]);
      }
    }
  }

  private decide(route: Route): Policy {
    const targets = [route.handler, route.controller];
    const access = this.access(route);
    // A method that opens itself in a class that asks for scopes has the nearer word.
    const opened = access.access !== 'required' && access.because.endsWith('on the method');
    const asking = opened ? [route.handler] : targets;
    const method = this.reflector.get<RequestMethod | undefined>(METHOD_METADATA, route.handler as never);
    try {
      return this.make({
        route: nameOf(route),
        ...access,
        realm: this.reflector.getAllAndOverride<RealmOption | undefined>(REALM, targets),
        schemes: this.reflector.getAllAndOverride<readonly string[] | undefined>(SCHEMES, targets),
        prompt: this.reflector.getAllAndOverride<Prompt | undefined>(PROMPT, targets),
        scopes: this.reflector.getAllAndOverride<RequiredScopes | undefined>(SCOPES, asking),
        scopesOf: this.reflector.getAllAndOverride<ScopesFunction | undefined>(SCOPES_BY, asking),
        stepUp: this.reflector.getAllAndOverride<StepUpOptions | undefined>(STEP_UP, asking),
        preflight: method === RequestMethod.OPTIONS,
      });
    } catch (error) {
      if (!(error instanceof AuthConfigurationError)) throw error;
      throw new AuthConfigurationError('ERR_AUTH_DECORATOR', `${nameOf(route)}(): ${error.message}`);
    }
  }

  private access(route: Route): Pick<Policy, 'access' | 'because'> {
    const targets = { method: route.handler, class: route.controller };
    for (const where of ['method', 'class'] as const) {
      const access = this.reflector.get<Access | undefined>(ACCESS, targets[where]);
      if (access !== undefined) return { access, because: `${DECORATORS[access]} on the ${where}` };
    }
    const open = this.open.some((entry) => (isClass(entry) ? entry === route.controller : entry(route)));
    return open ? { access: 'public', because: 'option public' } : { access: 'required', because: 'default' };
  }
}

/** Says what is wrong with what is asked of credentials; `undefined` where nothing is. */
function askingProblem({ access, scopes, scopesOf, stepUp }: Partial<Policy>): string | undefined {
  const wrong = (scopes && scopesProblem(scopes)) ?? (stepUp && stepUpProblem(stepUp));
  if (wrong !== undefined) return wrong;
  if (scopesOf !== undefined && typeof scopesOf !== 'function') {
    return 'scopes: @Scopes.by() takes a function (request) => scopes';
  }
  if (access === 'required' || (scopes ?? scopesOf ?? stepUp) === undefined) return undefined;
  // It would protect nothing: whoever lacks a scope would send no token.
  const what = (scopes ?? scopesOf) === undefined ? 'step-up' : 'scopes';
  return `${what}: a route that is ${access} asks nobody for credentials; close it, or do not ask for ${what}`;
}

function nameOf({ controller, handler }: Route): string {
  return `${controller.name}.${handler.name}`;
}

/** Whether a function is a class. */
export function isClass(entry: Function): entry is Type {
  return /^class\b/.test(Function.prototype.toString.call(entry));
}
