import { Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import {
  GATEWAY_METADATA,
  GATEWAY_OPTIONS_METADATA,
  GATEWAY_PORT_METADATA,
  GUARDS_METADATA,
  MESSAGE_METADATA,
  MESSAGE_NAME_METADATA,
} from '../common/nest.internals.js';
import { isHttpAuthGuard } from '../guard/http-auth.guard.js';
import { connectionOf } from '../guard/missing.transport.js';
import { Policies } from '../guard/policies.js';
import type { Policy } from '../guard/policy.js';
import type { TransportRoute } from '../guard/transport.js';

/** A namespace of socket.io: its name, a pattern of names, or a function that accepts names. */
export type NamespaceName = string | RegExp | Function;

/** The place at which clients reach a gateway. */
export interface Place {
  /** The port; 0 for the server of the application. */
  readonly port: number;
  readonly path: string | undefined;
  /** The namespace of socket.io; `/` by default. */
  readonly namespace: NamespaceName;
}

/** A gateway with its place and the policy of its connections. */
export interface Gateway {
  readonly type: Type;
  readonly place: Place;
  readonly policy: Policy;
}

/** The options that `@WebSocketGateway()` received. */
interface GatewayOptions {
  readonly path?: string;
  readonly namespace?: NamespaceName;
}

/** Finds the gateways of an application, and their policies. */
@Injectable()
export class Gateways {
  private found: readonly Gateway[] | undefined;

  constructor(
    private readonly config: ApplicationConfig,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly policies: Policies,
  ) {}

  /** The classes of the gateways. */
  get types(): readonly Type[] {
    const types = this.discovery.getProviders().map(({ metatype }) => metatype as Type | undefined);
    return [
      ...new Set(types.filter((type) => typeof type === 'function' && Reflect.hasMetadata(GATEWAY_METADATA, type))),
    ] as Type[];
  }

  /** The gateways. The first access decides their policies, which needs the providers of the application. */
  get all(): readonly Gateway[] {
    return (this.found ??= this.types.map((type) => ({ type, place: placeOf(type), policy: this.policyOf(type) })));
  }

  /** Returns the gateways that share a server. */
  at(port: number, path: string | undefined): readonly Gateway[] {
    return this.all.filter(({ place }) => place.port === port && place.path === path);
  }

  /**
   * Checks that gateways at the same place have the same policy for their connections.
   *
   * @throws AuthConfigurationError `ERR_AUTH_TRANSPORT`; the message names the gateways
   */
  check(): void {
    for (const [index, one] of this.all.entries()) {
      const other = this.all.slice(0, index).find(({ place }) => isSamePlace(place, one.place));
      if (other === undefined || isSamePolicy(other.policy, one.policy)) continue;
      throw new AuthConfigurationError(
        'ERR_AUTH_TRANSPORT',
        `${one.type.name}: has the same port, path and namespace as ${other.type.name}, but another policy; ` +
          'give both classes the same decorators, or one of them another path or namespace',
      );
    }
  }

  /** Returns `true` if the guard holds the connections and the messages of a gateway. */
  isHeld(type: Type): boolean {
    if (this.config.getGlobalGuards().some(isHttpAuthGuard)) return true;
    return [type, ...this.messagesOf(type).map(([, handler]) => handler)].some((target) =>
      guardsOf(target).some(isHttpAuthGuard),
    );
  }

  /** Returns the handshakes and the messages, for the route report. */
  routes(): readonly TransportRoute[] {
    return this.types.flatMap((controller) => [
      {
        controller,
        handler: connectionOf(controller),
        name: 'handleConnection',
        method: 'WS',
        path: textOf(placeOf(controller)),
      },
      ...this.messagesOf(controller).map(([name, handler]) => {
        const message: unknown = Reflect.getMetadata(MESSAGE_NAME_METADATA, handler);
        const path = typeof message === 'string' ? message : JSON.stringify(message);
        return { controller, handler, name, method: 'MESSAGE', path };
      }),
    ]);
  }

  private messagesOf(type: Type): [name: string, handler: Function][] {
    const prototype = type.prototype as Record<string, Function>;
    return this.scanner
      .getAllMethodNames(prototype)
      .map((name): [string, Function] => [name, prototype[name] as Function])
      .filter(([, handler]) => Reflect.hasMetadata(MESSAGE_METADATA, handler));
  }

  private policyOf(type: Type): Policy {
    const policy = this.policies.of(type, connectionOf(type));
    return this.isHeld(type) ? policy : { ...policy, access: 'public' };
  }
}

/** Returns the guards in the metadata of a class or a method. */
function guardsOf(target: Function): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS_METADATA, target) as unknown[] | undefined) ?? [];
}

function placeOf(type: Type): Place {
  const { path, namespace } = (Reflect.getMetadata(GATEWAY_OPTIONS_METADATA, type) ?? {}) as GatewayOptions;
  const port = (Reflect.getMetadata(GATEWAY_PORT_METADATA, type) as number | undefined) || 0;
  return { port, path, namespace: nameOf(namespace || '/') };
}

/** Returns the name of a namespace as socket.io stores it. */
export function nameOf(namespace: NamespaceName): NamespaceName {
  return typeof namespace === 'string' && !namespace.startsWith('/') ? `/${namespace}` : namespace;
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.port === b.port && a.path === b.path && String(a.namespace) === String(b.namespace);
}

/** Returns the place in words. Only socket.io has namespaces, and it has a default path. */
function textOf({ port, path, namespace }: Place): string {
  const own = port === 0 ? '' : `:${port}`;
  return namespace === '/' ? `${own}${path ?? '/'}` : `${own}${path ?? '/socket.io'} (namespace ${String(namespace)})`;
}

/** The parts of a policy that decide about a client. */
const DECISIVE = [
  'access',
  'stale',
  'realm',
  'prompt',
  'scopes',
  'scopesOf',
  'roles',
  'stepUp',
  'senderConstrained',
  'schemes',
] as const;

/** Returns `true` if two policies decide the same. */
export function isSamePolicy(a: Policy, b: Policy): boolean {
  if (a.access === 'public' && b.access === 'public') return true;
  return DECISIVE.every((part) => {
    const [one, other] = [a[part], b[part]];
    if (part === 'schemes') return namesOf(a) === namesOf(b);
    return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
  });
}

function namesOf({ byAuthScheme }: Policy): string {
  return Array.from(byAuthScheme.values(), ({ name }) => name).join();
}
