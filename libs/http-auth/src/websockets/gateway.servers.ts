import { Inject, Injectable, type WebSocketAdapter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { AuthConfigurationError } from '../common/configuration.error.js';
import { Policies } from '../guard/policies.js';
import type { Access, Policy } from '../guard/policy.js';
import { Challenger } from '../response/challenger.js';
import { Exchanges } from '../response/exchange.js';
import { Connections } from './connections.js';
import { type Gateway, Gateways, isSamePolicy, nameOf, type NamespaceName } from './gateways.js';
import { Handshakes } from './handshakes.js';
import { IoHold } from './socketio.platform.js';
import { isIoNamespace, isIoServer } from './socketio.types.js';
import { type ResolvedWebSocketOptions, WEBSOCKET_OPTIONS } from './websocket.options.js';
import { holdWsServer, isWsServer } from './ws.platform.js';

/** The options that Nest passes to `create()` of an adapter. */
interface CreateOptions {
  readonly path?: string;
  readonly namespace?: NamespaceName;
}

/** The requirements that credentials must meet, for clients that send them later. */
const WITHOUT_REQUIREMENTS = {
  scopes: undefined,
  scopesOf: undefined,
  roles: undefined,
  stepUp: undefined,
  senderConstrained: undefined,
} as const satisfies Partial<Policy>;

/** Holds every server that the WebSocket adapter of the application creates for its gateways. */
@Injectable()
export class GatewayServers {
  private readonly wrapped = new WeakSet<WebSocketAdapter>();
  private readonly holds = new WeakMap<object, IoHold>();
  private readonly wsServers = new WeakSet<object>();

  constructor(
    private readonly config: ApplicationConfig,
    private readonly gateways: Gateways,
    private readonly policies: Policies,
    private readonly handshakes: Handshakes,
    private readonly connections: Connections,
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  /**
   * Wraps the adapter when Nest asks for it. Nest registers gateways before `onModuleInit()`, and a gateway with its own port
   * listens then, so a module calls this in its constructor.
   *
   * @param first called before the first gateway is registered, when the global guards are known
   */
  install(first: () => void): void {
    const { config } = this;
    const getIoAdapter = config.getIoAdapter.bind(config);
    let isFirst = true;
    config.getIoAdapter = () => {
      if (isFirst) {
        isFirst = false;
        this.gateways.check();
        first();
      }
      const adapter = getIoAdapter();
      // It is missing until Nest has loaded the default adapter.
      if ((adapter as unknown) != null && !this.wrapped.has(adapter)) {
        this.wrapped.add(adapter);
        this.wrap(adapter);
      }
      return adapter;
    };
  }

  private wrap(adapter: WebSocketAdapter): void {
    const create = adapter.create.bind(adapter);
    adapter.create = (port: number, options: CreateOptions = {}) => {
      const server: unknown = create(port, options);
      this.hold(server, port, options, adapter);
      return server;
    };
  }

  private hold(server: unknown, port: number, { path, namespace }: CreateOptions, adapter: WebSocketAdapter): void {
    const gateways = this.gateways.at(port, path);
    if (isIoNamespace(server)) {
      const hold = this.holds.get(server.server as object) ?? this.holdIo(server.server, gateways);
      hold?.holdNamespace(server, this.namespacePolicy(gateways, namespace));
    } else if (isIoServer(server)) {
      if (!this.holds.has(server)) this.holdIo(server, gateways);
    } else if (isWsServer(server)) {
      if (this.wsServers.has(server)) return;
      this.wsServers.add(server);
      holdWsServer(server, gateways[0]?.policy ?? this.unknown(), this.handshakes, this.connections);
    } else {
      const closed = gateways.find(({ policy }) => policy.access !== 'public');
      if (closed === undefined && gateways.length > 0) return;
      throw new AuthConfigurationError(
        'ERR_AUTH_TRANSPORT',
        `${closed?.type.name ?? 'WebSocketAuthModule'}: ${adapter.constructor.name} creates a server that is neither of ws nor of ` +
          'socket.io, so nothing authenticates its clients; extend WsAdapter or IoAdapter, or mark the gateway @Public()',
      );
    }
  }

  private holdIo(server: unknown, gateways: readonly Gateway[]): IoHold | undefined {
    if (!isIoServer(server)) return undefined;
    const { handshakes, connections, exchanges, challenger } = this;
    const parts = { handshakes, connections, exchanges, challenger };
    const policyOf = (name: string) => this.namespacePolicy(gateways, name);
    const isOpen = gateways.length > 0 && gateways.every(({ policy }) => policy.access === 'public');
    const hold = new IoHold(parts, this.requestPolicy(gateways), policyOf, isOpen);
    this.holds.set(server, hold);
    hold.hold(server);
    return hold;
  }

  /** Returns the policy of HTTP requests to a server of socket.io. A client names its namespace later. */
  private requestPolicy(gateways: readonly Gateway[]): Policy {
    const [first = this.unknown(), ...others] = gateways.map(({ policy }) => policy);
    const policy = others.every((other) => isSamePolicy(first, other)) ? first : this.loosest([first, ...others]);
    return this.options.handshake === 'connect' && policy.access === 'required'
      ? { ...policy, access: 'optional', ...WITHOUT_REQUIREMENTS }
      : policy;
  }

  /** Combines the policies of namespaces: a request must be good for one of them. Each namespace checks its own policy. */
  private loosest(policies: readonly Policy[]): Policy {
    const order: readonly Access[] = ['public', 'optional', 'required'];
    const access = order.find((one) => policies.some((policy) => policy.access === one)) ?? 'required';
    const names = new Set(
      policies.flatMap(({ byAuthScheme }) => Array.from(byAuthScheme.values(), ({ name }) => name)),
    );
    return { ...this.unknown([...names]), access };
  }

  /** Returns the policy of a namespace. A namespace without a gateway is closed, unless all gateways of the server are open. */
  private namespacePolicy(gateways: readonly Gateway[], namespace: NamespaceName = '/'): Policy {
    const name = nameOf(namespace || '/');
    const found = gateways.find(({ place }) => place.namespace === name || String(place.namespace) === String(name));
    if (found !== undefined) return found.policy;
    const [first, ...others] = gateways.map(({ policy }) => policy);
    const policy = first ?? this.unknown();
    return policy.access === 'public' && others.every(({ access }) => access === 'public') ? policy : this.unknown();
  }

  /** The policy of clients that have no gateway. */
  private unknown(schemes?: readonly string[]): Policy {
    return this.policies.make({
      route: 'WebSocketGateway',
      access: 'required',
      reason: 'default',
      opens: 'connection',
      realm: undefined,
      schemes,
      prompt: undefined,
      preflight: false,
    });
  }
}
