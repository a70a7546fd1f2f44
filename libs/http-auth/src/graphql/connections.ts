import { type IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { callAt } from '../common/timeout.js';
import { responseToUpgrade } from '../door/upgrade.response.js';
import { Authenticator } from '../guard/authenticator.js';
import { isGuarded } from '../guard/guarded.js';
import { Policies } from '../guard/policies.js';
import type { Access, Policy } from '../guard/policy.js';
import { Fault, type PolicyResult } from '../guard/policy.result.js';
import type { HttpRequest } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { Exchanges } from '../response/exchange.js';
import { Failure } from '../schemes/failure.js';
import { connectionRequest } from './connection.request.js';
import { GRAPHQL_OPTIONS, type GraphQLAuthOptions } from './graphql.options.js';
import { refusalOf } from './refusal.js';
import { isRoot, Resolvers } from './resolvers.js';
import { Source, Sources } from './sources.js';

/** The WebSocket of the package `ws`. */
export interface Socket {
  readonly readyState: number;
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

/** A client that wants to open a connection. */
export interface Opening {
  /** The upgrade, as the framework has it. */
  readonly request: HttpRequest;
  /** The payload of `connection_init`. */
  readonly params: unknown;
  readonly socket: Socket;
  /** The objects by which the connection is found again. */
  readonly keys: readonly object[];
}

/** `OPEN` of a WebSocket. */
const OPEN = 1;

/**
 * The codes by which a connection is closed. graphql-ws's client gives up after 4401. After 4403 it connects again, and asks for
 * its `connectionParams` again. After 1013 it connects again too.
 */
const CLOSE = {
  missing: [4401, 'Unauthorized'],
  refused: [4403, 'Forbidden'],
  origin: [4403, 'Origin not allowed'],
  expired: [4403, 'Credentials expired'],
  later: [1013, 'Try again later'],
  again: [4429, 'Too many initialisation requests'],
  failed: [4500, 'Internal server error'],
} as const;

/** Authenticates the connections over which clients subscribe, and closes them when the credentials expire. */
@Injectable()
export class Connections {
  private readonly opened = new WeakSet<object>();
  private policy: Policy | undefined;

  constructor(
    private readonly config: ApplicationConfig,
    private readonly policies: Policies,
    private readonly resolvers: Resolvers,
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
    private readonly authenticator: Authenticator,
    private readonly sources: Sources,
    @Inject(GRAPHQL_OPTIONS) private readonly options: Required<GraphQLAuthOptions>,
  ) {}

  /** Returns `true` if the connection is accepted, and closes it otherwise. */
  async open({ request, params, socket, keys }: Opening): Promise<boolean> {
    // Otherwise a client could change its user while its subscriptions go on.
    if (this.opened.has(socket)) return close(socket, CLOSE.again);
    this.opened.add(socket);
    const policy = (this.policy ??= this.makePolicy());
    const own = connectionRequest(request, this.challenger.fields.credentials, params);
    const raw = (request.raw ?? request) as IncomingMessage;
    // Credentials of `connectionParams` replace those of the upgrade, also if a protected path has accepted these.
    const isOwn = own !== request && !(own instanceof Failure);
    const exchange = isOwn
      ? this.exchanges.of(own, new ServerResponse(raw))
      : this.exchanges.of(request, responseToUpgrade(raw));
    exchange.connection = { origins: this.options.origins, isSentByPage: isOwn };
    const source = new Source(exchange, true);
    source.endAt = (time) =>
      void socket.once(
        'close',
        callAt(time, () => close(socket, CLOSE.expired)),
      );
    this.sources.noteConnection([...keys, socket], source);
    exchange.enter(policy);
    let result: PolicyResult;
    try {
      await this.challenger.prepare(exchange);
      const isMalformed = own instanceof Failure && policy.access !== 'public';
      result = isMalformed ? own : await this.authenticator.examine(policy, exchange, source.outcomes);
      this.authenticator.settle(policy, exchange, result);
      // A protected path may have accepted the upgrade.
      source.scheme = exchange.authenticated?.scheme.name;
    } catch {
      // The guard has reported the refusal, and logged an error of the server.
      return close(socket, closeCodeOf(result));
    }
    if (socket.readyState !== OPEN) return false;
    const { expiresAt } = exchange.authenticated?.admission.info ?? {};
    if (expiresAt !== undefined) source.endAt(expiresAt);
    return true;
  }

  /** A client needs credentials to connect if all root fields require them. */
  private makePolicy(): Policy {
    const routes = this.resolvers.routes().filter((route) => isRoot(route) && isGuarded(this.config, route));
    const all = routes.map(({ controller, handler }): Access => this.policies.of(controller, handler).access);
    const isMixed = routes.length === 0 || all.some((access) => access !== all[0]);
    const access = isMixed ? 'optional' : (all[0] as Access);
    const parts = { realm: undefined, schemes: undefined, prompt: undefined, preflight: false } as const;
    // Fields do not accept tickets, so the connection does not accept them either.
    return this.policies.make({ ...parts, route: 'graphql-ws', access, reason: 'default', opens: 'response' });
  }
}

function close(socket: Socket, [code, reason]: (typeof CLOSE)[keyof typeof CLOSE]): false {
  socket.close(code, reason);
  return false;
}

function closeCodeOf(result: PolicyResult) {
  if (!(result instanceof Failure || result instanceof Fault)) return CLOSE.failed;
  if (result instanceof Failure && result.reason === 'missing') return CLOSE.missing;
  if (result instanceof Failure && result.details.crossSite === true) return CLOSE.origin;
  const status = refusalOf(result).getStatus();
  if (status === 429 || status === 503) return CLOSE.later;
  return status >= 500 ? CLOSE.failed : CLOSE.refused;
}
