import type { Type } from '@nestjs/common';
import { type DiscoveryService, type MetadataScanner, Reflector } from '@nestjs/core';
import { realmProblem } from '../http/realm.js';
import type { RealmOption } from '../response/protection.js';
import { AuthConfigurationError } from '../schemes/configuration.error.js';
import type { SchemeRegistry } from '../schemes/scheme.registry.js';
import { ACCESS, REALM, SCHEMES } from './decorators.js';
import type { Access, Policy, Route, RoutePredicate } from './policy.js';

/** The policy of every route: what its decorators say, the method's before the class's, and the module's options. */
export class Policies {
  private readonly byHandler = new WeakMap<Function, Map<Type, Policy>>();
  private readonly reflector = new Reflector();

  constructor(
    private readonly realm: RealmOption,
    private readonly schemes: SchemeRegistry,
    private readonly open: readonly (Type | RoutePredicate)[],
  ) {}

  /** The policy of a route. It is decided once. */
  of(controller: Type, handler: Function): Policy {
    let policies = this.byHandler.get(handler);
    if (policies === undefined) this.byHandler.set(handler, (policies = new Map()));
    let policy = policies.get(controller);
    if (policy === undefined) policies.set(controller, (policy = this.decide({ controller, handler })));
    return policy;
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
        try {
          this.of(controller, controller.prototype[name]);
        } catch (error) {
          if (!(error instanceof AuthConfigurationError)) throw error;
          throw new AuthConfigurationError(`${controller.name}.${name}(): ${error.message}`);
        }
      }
    }
  }

  private decide(route: Route): Policy {
    const targets = [route.handler, route.controller];
    const names = this.reflector.getAllAndOverride<readonly string[] | undefined>(SCHEMES, targets);
    const realm = this.reflector.getAllAndOverride<RealmOption | undefined>(REALM, targets) ?? this.realm;
    const problem = typeof realm === 'function' ? undefined : realmProblem(realm);
    if (problem !== undefined) throw new AuthConfigurationError(`@Realm(): ${problem}`);
    return {
      access: this.reflector.getAllAndOverride<Access | undefined>(ACCESS, targets) ?? this.default(route),
      realm,
      schemes: names === undefined ? this.schemes.all : this.schemes.named(names),
    };
  }

  private default(route: Route): Access {
    const open = this.open.some((entry) => (isClass(entry) ? entry === route.controller : entry(route)));
    return open ? 'public' : 'required';
  }
}

function isClass(entry: Type | RoutePredicate): entry is Type {
  return /^class\b/.test(Function.prototype.toString.call(entry));
}
