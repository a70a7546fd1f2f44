import { type IncomingMessage, ServerResponse } from 'node:http';
import { type HttpServer, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { frameworkRequest } from '../door/framework.request.js';
import type { AuthenticatedRequest } from '../guard/authenticated-request.js';
import { Authenticator } from '../guard/authenticator.js';
import type { Policy } from '../guard/policy.js';
import { RouteExchanges } from '../guard/route.exchanges.js';
import { isToken68 } from '../http/grammar.js';
import type { HttpRequest } from '../http/request.js';
import type { Exchange } from '../response/exchange.js';
import { ResponseHeadHook } from '../response/response-head.hook.js';
import { Failure } from '../schemes/failure.js';
import type { Admitted } from './connection.js';
import { malformedToken, takeToken } from './subprotocol.js';
import { type ResolvedWebSocketOptions, WEBSOCKET_OPTIONS } from './websocket.options.js';

const TWICE = malformedToken('The client sends credentials in two ways; it must send them once');

/** Credentials of a client, in addition to its request. */
interface Given {
  /** A Bearer token from elsewhere, or the failure if it was sent in the wrong way. */
  readonly token?: string | Failure | undefined;
  /** The result of an earlier handshake of the same client. */
  readonly earlier?: Pick<Admitted, 'authenticated' | 'identity'>;
}

/** Authenticates handshakes: the HTTP request of a WebSocket, and the connection of a client of socket.io to a namespace. */
@Injectable()
export class Handshakes {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly exchanges: RouteExchanges,
    private readonly authenticator: Authenticator,
    private readonly headHook: ResponseHeadHook,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  /**
   * Authenticates the HTTP request of a handshake.
   *
   * @param node Node's request; a token in its subprotocols is removed
   * @param response the response if the handshake is refused
   * @throws HttpException if the handshake is refused
   */
  async authenticate(policy: Policy, node: IncomingMessage, response: ServerResponse): Promise<Admitted> {
    this.headHook.watch(response);
    const token = takeToken(node, this.options.subprotocol);
    const request = frameworkRequest(this.adapterHost.httpAdapter as HttpServer, node);
    const exchange = await this.apply(policy, request, response, { token });
    return {
      policy,
      request,
      authenticated: exchange.authenticated,
      // A protected path may have authenticated the request of an open gateway.
      identity: { ...principalOf(node), ...principalOf(exchange.request) },
      byRequest: true,
      hasToken: token !== undefined,
    };
  }

  /**
   * Authenticates the connection of a client to a namespace of socket.io: by the token in `auth`, or else by its HTTP request.
   *
   * @param first the result for the HTTP request
   * @throws HttpException if the connection is refused
   */
  async join(policy: Policy, first: Admitted, token: unknown, response: ServerResponse): Promise<Admitted> {
    if (token === undefined) {
      const isValid = !hasEnded(first);
      const exchange = await this.apply(policy, first.request, response, isValid ? { earlier: first } : {});
      return { ...first, policy, authenticated: exchange.authenticated, identity: principalOf(exchange.request) };
    }
    const isToken = typeof token === 'string' && isToken68(token);
    const sent = isToken ? token : malformedToken('auth.token must be a token');
    const exchange = await this.apply(policy, first.request, response, { token: first.hasToken ? TWICE : sent });
    return {
      policy,
      request: first.request,
      authenticated: exchange.authenticated,
      identity: principalOf(exchange.request),
      byRequest: false,
      hasToken: true,
    };
  }

  /**
   * Authenticates the client of an open connection again.
   *
   * @param authorization the value of an `Authorization` field
   * @throws HttpException if the credentials are refused
   */
  async again(admitted: Admitted, authorization: string, response: ServerResponse): Promise<Exchange> {
    const policy: Policy = { ...admitted.policy, access: 'required' };
    return this.apply(policy, withAuthorization(plain(admitted.request), authorization), response);
  }

  /** Applies a policy to a request. The result is on the exchange. Every refusal is reported. */
  private async apply(
    policy: Policy,
    request: HttpRequest,
    response: ServerResponse,
    { token, earlier }: Given = {},
  ): Promise<Exchange> {
    const given = earlier === undefined ? request : withPrincipal(request, earlier.identity);
    const own = typeof token === 'string' ? withAuthorization(request, `Bearer ${token}`) : given;
    const { exchange } = await this.exchanges.enterBy(policy, own, response, this.options);
    if (earlier !== undefined) exchange.authenticated = earlier.authenticated;
    if (token instanceof Failure) this.refuse(policy, exchange, token);
    // A protected path may have accepted other credentials.
    const hasOther = request.headers.authorization !== undefined || exchange.authenticated !== undefined;
    if (token !== undefined && hasOther) this.refuse(policy, exchange, TWICE);
    await this.authenticator.authenticateRoute(policy, exchange);
    return exchange;
  }

  /** Refuses a token that was sent in the wrong way. The response has the challenges of the policy. */
  private refuse(policy: Policy, exchange: Exchange, failure: Failure): void {
    exchange.seek(policy.schemes);
    this.authenticator.settle(policy, exchange, failure);
  }
}

/** Returns a response that is never sent, for a refusal on an open connection. */
export function unsentResponse(): ServerResponse {
  return new ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage);
}

/**
 * The fields that realm functions, verifiers and the check of the Origin may need while the connection is open. The others may contain
 * credentials.
 */
const KEPT = ['host', 'origin', 'sec-fetch-site', 'user-agent', 'accept-language', 'forwarded'] as const;

/** Returns the request of a handshake without its credentials, for the messages of its connection. */
export function plain(request: HttpRequest, body?: unknown): HttpRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => (KEPT as readonly string[]).includes(name)),
  );
  const [url] = request.url.split('?', 1);
  return derived(request, { headers, rawHeaders: [], url, body, query: {}, cookies: {} });
}

function withAuthorization(request: HttpRequest, authorization: string): HttpRequest {
  return derived(request, { headers: { ...request.headers, authorization } });
}

/** Returns a request whose principal is its own, so that two connections over one HTTP request do not share it. */
function withPrincipal(request: HttpRequest, { user, authInfo }: Admitted['identity']): HttpRequest {
  return derived(request, { user, authInfo });
}

function derived(request: HttpRequest, properties: Record<string, unknown>): HttpRequest {
  const descriptors = Object.entries(properties).map(([name, value]) => [name, { value, writable: true }]);
  return Object.create(request, Object.fromEntries(descriptors) as PropertyDescriptorMap) as HttpRequest;
}

function principalOf(request: object): Partial<AuthenticatedRequest> {
  const { user, authInfo } = request as Partial<AuthenticatedRequest>;
  return { ...(user !== undefined && { user }), ...(authInfo !== undefined && { authInfo }) };
}

function hasEnded({ authenticated }: Admitted): boolean {
  const expiresAt = authenticated?.admission.info.expiresAt;
  return expiresAt !== undefined && expiresAt.getTime() <= Date.now();
}
