import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { type HttpServer, Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '../guard/authenticated-request.js';
import { openingOfRequest } from '../guard/opening.js';
import type { Policy } from '../guard/policy.js';
import type { HttpRequest } from '../http/request.js';
import { type Exchange, Exchanges } from '../response/exchange.js';
import { ResponseHeadHook } from '../response/response-head.hook.js';
import type { Scheme } from '../schemes/scheme.js';
import { announceWaiting, Arrival, seeArrivals } from './arrival.js';
import { respondWith } from './exception.response.js';
import { frameworkRequest } from './framework.request.js';
import { onFurtherServer } from './further.servers.js';
import { Gate } from './gate.js';
import { responseToUpgrade, sendTo } from './upgrade.response.js';

/** Node's listener for requests. A framework has one. */
type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** The instance of Fastify. Express's instance is its listener. */
interface Instance {
  readonly server?: Server;
  /** The listener for servers that the application creates itself. */
  readonly routing?: Listener;
}

/**
 * Sees every request and upgrade of the servers of an application before all other code: middleware, routers that were mounted
 * earlier, socket.io, ws, proxies. It watches the responses. Requests to protected paths wait until their
 * credentials are verified.
 *
 * The door decides, and the framework responds: a refused request goes to the framework, whose exception filters and CORS
 * settings then apply.
 */
@Injectable()
export class FrontDoor {
  private readonly servers = new Set<Server>();
  private adapter!: HttpServer;
  private listener: Listener | undefined;
  private stopLooking: () => void = () => undefined;
  /** If `false`, no path is protected, and the door only watches the responses. */
  private isUsed = false;
  /** If `true`, the check of the framework decides about `100 Continue`, because it knows the route. */
  private early = false;
  /** The schemes whose credentials may be in the target. */
  private concealing: readonly Scheme[] = [];
  /** The upgrades that were accepted. Fastify's second server emits its upgrades on the first server again. */
  private readonly upgraded = new WeakSet<IncomingMessage>();
  /**
   * Emits the requests that wait for a verifier, and never listens. Monitoring tools begin the span of a request when a server emits it,
   * so the span includes the time of the verifier, and a refused request has a span.
   */
  private readonly room = new Server();

  constructor(
    private readonly exchanges: Exchanges,
    private readonly headHook: ResponseHeadHook,
    private readonly gate: Gate,
  ) {
    this.room.on('request', (_request, response: ServerResponse, ...held: unknown[]) => {
      void this.hold(response, ...(held as [Arrival, readonly Policy[]]));
    });
  }

  /**
   * Prepares the door, before other packages attach their listeners to the server.
   *
   * @param early if `true`, the policies of routes apply before a client sends the body
   */
  prepare(adapter: HttpServer, early: boolean): void {
    this.adapter = adapter;
    this.early = early;
    const instance = adapter.getInstance() as Listener | Instance;
    this.listener =
      typeof instance === 'function'
        ? instance
        : ((instance.server?.listeners('request')[0] as Listener | undefined) ?? instance.routing);
  }

  /** Installs the door on a server, and later on every other server that listens for the same application. */
  install(server: Server): void {
    this.installOn(server);
    this.stopLooking = onFurtherServer(
      (listener) => listener === this.listener || listener === (this.adapter.getInstance() as Instance).routing,
      (further) => this.installOn(further),
    );
    if (this.early) this.use();
    this.gate.onceUsed(() => this.use());
  }

  /** Removes the credentials of these schemes from the targets of streams and upgrades, before other code sees them. */
  conceal(schemes: readonly Scheme[]): void {
    this.concealing = schemes.filter((scheme) => scheme.conceal !== undefined);
  }

  /** Stops to look for servers, when the application closes. */
  close(): void {
    this.stopLooking();
  }

  private installOn(server: Server): void {
    if (this.servers.has(server)) return;
    this.servers.add(server);
    seeArrivals(server, (arrival) => this.takes(arrival));
    if (this.isUsed) announceWaiting(server);
  }

  private use(): void {
    if (this.isUsed) return;
    this.isUsed = true;
    for (const server of this.servers) announceWaiting(server);
  }

  /** Returns `true` if the door takes the request: the request waits for a verifier, or its target is refused. */
  private takes(arrival: Arrival): boolean {
    const { request, response } = arrival;
    if (response !== undefined) this.headHook.watch(response);
    if (openingOfRequest(request as HttpRequest, response === undefined) !== 'response') {
      for (const scheme of this.concealing) scheme.conceal?.(request);
    }
    if (!this.isUsed || this.upgraded.has(request)) return false;
    let policies: readonly Policy[];
    try {
      policies = this.gate.policiesOf(request as HttpRequest, request.url, response === undefined);
    } catch (error) {
      // The framework could misread the target.
      this.respond(arrival, response ?? responseToUpgrade(request), error);
      return true;
    }
    if (policies.length === 0) return this.letWait(arrival);
    if (response !== undefined) this.room.emit('request', request, response, arrival, policies);
    else void this.hold(responseToUpgrade(request), arrival, policies);
    return true;
  }

  /** A request that waits for `100 Continue` and has no policy, or a policy that the framework's check will find. */
  private letWait(arrival: Arrival): boolean {
    const { request, response, waits } = arrival;
    if (!waits || response === undefined) return false;
    if (this.early) this.exchanges.of(request as HttpRequest, response).waits = true;
    arrival.pass(!this.early);
    return true;
  }

  /** Waits until the credentials are verified, and then passes the request on or refuses it. Never rejects. */
  private async hold(response: ServerResponse, arrival: Arrival, policies: readonly Policy[]): Promise<void> {
    const { request } = arrival;
    const isUpgrade = arrival.response === undefined;
    if (isUpgrade) {
      // Node has removed its own listener. Without one, a broken connection would end the process.
      arrival.socket.on('error', ignore);
      this.headHook.watch(response);
    }
    const refusal = await this.refusalOf(request, response, policies);
    if (arrival.isGone) return;
    // An error of a listener must reach the same handlers as without us, so the listeners do not run in our promise.
    queueMicrotask(() => {
      if (isUpgrade) arrival.socket.off('error', ignore);
      if (refusal !== undefined) return this.refuse(arrival, response, refusal.error);
      if (isUpgrade) this.upgraded.add(request);
      arrival.pass();
    });
  }

  /** Returns the error if the request is refused. An error of our own is a refusal as well. */
  private async refusalOf(
    request: IncomingMessage,
    response: ServerResponse,
    policies: readonly Policy[],
  ): Promise<Exchange['refusal']> {
    const exchange = this.exchanges.of(request as HttpRequest, response);
    try {
      const ours = frameworkRequest(this.adapter, request);
      exchange.request = ours;
      await this.gate.admit(exchange, policies);
      exchange.admitted = request.url;
      share(ours, request);
    } catch (error) {
      exchange.refusal = { error };
    }
    return exchange.refusal;
  }

  /** Lets the framework respond. Its check finds the refusal on the exchange, and throws it. */
  private refuse(arrival: Arrival, response: ServerResponse, error: unknown): void {
    // A framework routes paths only. `CONNECT` and `OPTIONS *` do not name a path.
    if (this.listener === undefined || !/^(?:\/|https?:)/i.test(arrival.request.url ?? '')) {
      return this.respond(arrival, response, error);
    }
    if (arrival.response === undefined && !sendTo(response, arrival.socket)) return;
    this.listener(arrival.request, response);
  }

  /** Responds without the framework, with Nest's usual body. */
  private respond({ request, response: given, socket }: Arrival, response: ServerResponse, error: unknown): void {
    if (given === undefined && !sendTo(response, socket)) return;
    respondWith(response, error, request.method);
  }
}

function ignore(): void {
  // The client has disconnected; see `isGone`.
}

/** Copies the principal to Node's request, which is all that a WebSocket server or engine.io sees. */
function share(from: HttpRequest, to: IncomingMessage): void {
  const { user, authInfo } = from as Partial<AuthenticatedRequest>;
  if (user !== undefined) Object.assign(to, { user, authInfo });
}
