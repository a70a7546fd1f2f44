import { type IncomingMessage, ServerResponse } from 'node:http';
import { BadRequestException, type HttpServer, Inject, Injectable } from '@nestjs/common';
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
import type { Admitted } from './connection.js';
import { takeToken } from './subprotocol.js';
import { type ResolvedWebSocketOptions, WEBSOCKET_OPTIONS } from './websocket.options.js';

const TWICE = 'The client sends credentials in two ways; it must send them once';

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
    const exchange = await this.apply(policy, withToken(request, token), response, undefined, token !== undefined);
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
      const exchange = await this.apply(policy, first.request, response, isValid ? first : undefined);
      return { ...first, policy, authenticated: exchange.authenticated, identity: principalOf(exchange.request) };
    }
    if (typeof token !== 'string' || !isToken68(token)) throw new BadRequestException('auth.token must be a token');
    if (first.hasToken) throw new BadRequestException(TWICE);
    const exchange = await this.apply(policy, withToken(first.request, token), response);
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

  /**
   * Applies a policy to a request. The result is on the exchange.
   *
   * @param isAlone if `true`, no other credentials of the request may have been accepted, e.g. on a protected path
   */
  private async apply(
    policy: Policy,
    request: HttpRequest,
    response: ServerResponse,
    earlier?: Pick<Admitted, 'authenticated' | 'identity'>,
    isAlone = false,
  ): Promise<Exchange> {
    const own = earlier === undefined ? request : withPrincipal(request, earlier.identity);
    const { exchange } = await this.exchanges.enterBy(policy, own, response, this.options);
    if (earlier !== undefined) exchange.authenticated = earlier.authenticated;
    const { authenticated } = exchange;
    if (isAlone && authenticated !== undefined) throw new BadRequestException(TWICE);
    await this.authenticator.authenticateRoute(policy, exchange);
    return exchange;
  }
}

/** Returns a response that is never sent, for a refusal on an open connection. */
export function unsentResponse(): ServerResponse {
  return new ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage);
}

/** The fields that realm functions, verifiers and the check of the Origin may need while the connection is open. The others may contain credentials. */
const KEPT = ['host', 'origin', 'sec-fetch-site', 'user-agent', 'accept-language', 'forwarded'] as const;

/** Returns the request of a handshake without its credentials, for the messages of its connection. */
export function plain(request: HttpRequest, body?: unknown): HttpRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => (KEPT as readonly string[]).includes(name)),
  );
  const [url] = request.url.split('?', 1);
  return derived(request, { headers, rawHeaders: [], url, body, query: {}, cookies: {} });
}

/** Returns a request with a Bearer token from elsewhere. */
function withToken(request: HttpRequest, token: string | undefined): HttpRequest {
  if (token === undefined) return request;
  if (request.headers.authorization !== undefined) throw new BadRequestException(TWICE);
  return withAuthorization(request, `Bearer ${token}`);
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
