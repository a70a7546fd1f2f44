import type { ServerResponse } from 'node:http';
import { HttpException, type HttpServer, Injectable } from '@nestjs/common';
import type { Policy } from '../guard/policy.js';
import { type HttpRequest, isPreflight } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { type Exchange, Exchanges } from '../response/exchange.js';
import { addRequestHook } from '../response/request.hook.js';
import { ResponseHeadHook } from '../response/response-head.hook.js';
import { applyCors } from './cors.js';
import { checkBeforeLayers } from './express.layers.js';
import { Gate } from './gate.js';
import { findResponseToUpgrade } from './upgrade.response.js';

/** Responds to some requests itself, and returns `true` for them. */
export interface Answerer {
  answers(request: HttpRequest, response: ServerResponse): boolean;
}

/** Finds the policy of the route that the router will choose; `undefined` if the route is not certain. */
export interface RoutePolicies {
  policyOf(request: HttpRequest): Policy | undefined;
}

/** The features that need the check, in addition to protected paths. */
export interface Features {
  /** If `true`, the realm of the application is a function. It may return a promise. */
  readonly awaitsRealm: boolean;
  /** Responds before all other code, protected paths included. */
  readonly answerer: Answerer | undefined;
  /** Applies the policies of routes before the body is parsed; `undefined` without the option `early`. */
  readonly early: RoutePolicies | undefined;
}

/**
 * Checks the requests when the framework gets them, before every `app.use()`.
 *
 * It throws what the front door has decided. It decides itself about requests that no server announces (`inject()`, serverless
 * functions, an application that is mounted in another one), about URLs that a middleware has rewritten, and about routes.
 */
@Injectable()
export class FrameworkCheck {
  private adapter!: HttpServer;
  private features!: Features;
  private isInstalled = false;

  constructor(
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
    private readonly headHook: ResponseHeadHook,
    private readonly gate: Gate,
  ) {}

  /** Installs the check as soon as a feature or a protected path needs it. */
  prepare(adapter: HttpServer, features: Features): void {
    this.adapter = adapter;
    this.features = features;
    this.headHook.install(adapter, () => this.install());
    this.gate.onceUsed(() => {
      this.install();
      this.checkLayers();
    });
    if (features.awaitsRealm || features.answerer !== undefined || features.early !== undefined) this.install();
  }

  private install(): void {
    if (this.isInstalled) return;
    this.isInstalled = true;
    const { answerer, early } = this.features;
    addRequestHook(this.adapter, async (request, response, reply) => {
      if (answerer?.answers(request, response) === true) return false;
      await this.check(request, response, reply, request.url, early);
      return !response.writableEnded;
    });
  }

  /** Applies the policies of protected paths before each layer of Express whose target is new. */
  private checkLayers(): void {
    const { router } = this.adapter.getInstance() as { readonly router?: Parameters<typeof checkBeforeLayers>[0] };
    if (this.adapter.getType() !== 'express' || router === undefined) return;
    checkBeforeLayers(router, {
      isAdmitted: (response, target) => this.exchanges.find(response)?.admitted === target,
      check: async (request, response, target) => {
        if (this.features.answerer?.answers(request, response) === true) return false;
        await this.check(request, response, response, target);
        return !response.writableEnded;
      },
    });
  }

  private async check(
    request: HttpRequest,
    response: ServerResponse,
    reply: object,
    target: string,
    early?: RoutePolicies,
  ): Promise<void> {
    this.headHook.watch(response);
    const exchange = this.exchanges.of(request, response);
    const upgrade = this.upgradeOf(request, response);
    // A ticket is used up by now.
    exchange.authenticated ??= upgrade?.authenticated;
    exchange.target = target;
    try {
      if (exchange.refusal !== undefined) throw exchange.refusal.error;
      await this.challenger.prepare(exchange);
      await this.gate.admit(exchange, this.policiesOf(request, target, early, upgrade !== undefined));
      exchange.admitted = target;
      confirm(exchange);
    } catch (error) {
      // For the layers that an error handler of the application may call.
      exchange.refusal ??= { error };
      await applyCors(this.adapter, request, reply, response);
      if (!response.writableEnded) throw withStatusCode(error);
    }
  }

  /**
   * Returns the exchange of an upgrade that the door has accepted. `@fastify/websocket` hands upgrades to the framework with a response
   * of its own.
   */
  private upgradeOf({ raw }: HttpRequest, response: ServerResponse): Exchange | undefined {
    const first = raw && findResponseToUpgrade(raw);
    return first === undefined || first === response ? undefined : this.exchanges.find(first);
  }

  private policiesOf(
    request: HttpRequest,
    target: string,
    early: RoutePolicies | undefined,
    upgrade: boolean,
  ): readonly Policy[] {
    const policies = this.gate.policiesOf(request, target, upgrade);
    if (policies.length > 0 || early === undefined || isPreflight(request)) return policies;
    const policy = early.policyOf(request);
    return policy === undefined ? [] : [policy];
  }
}

/** Tells a client that waits for it to send the body (RFC 9110 section 10.1.1). */
function confirm(exchange: Exchange): void {
  if (!exchange.waits) return;
  exchange.waits = false;
  exchange.response.writeContinue();
}

/**
 * Adds the property in which plugins of Fastify that handle errors themselves look for the status, e.g. Mercurius. Without it,
 * they respond with 200 or 500.
 */
function withStatusCode(error: unknown): unknown {
  return error instanceof HttpException ? Object.assign(error, { statusCode: error.getStatus() }) : error;
}
