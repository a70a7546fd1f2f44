import type { Server, ServerResponse } from 'node:http';
import { type HttpServer, Injectable } from '@nestjs/common';
import type { Policy } from '../guard/policy.js';
import type { HttpRequest } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { Exchanges } from '../response/exchange.js';
import { addRequestHook } from '../response/request.hook.js';
import { ResponseHeadHook } from '../response/response-head.hook.js';
import { Gate } from './gate.js';

/** Responds to some requests itself, and returns `true` for them. */
export interface Answerer {
  answers(request: HttpRequest, response: ServerResponse): boolean;
}

/** The first code that sees a request. It watches the responses, and applies the policies of protected paths. */
@Injectable()
export class Entrance {
  constructor(
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
    private readonly headHook: ResponseHeadHook,
    private readonly gate: Gate,
  ) {}

  /**
   * Installs a hook that runs for each request. The hook is skipped unless a feature needs it: a protected path, a realm that
   * may be a promise, an answerer, or a response that cannot be watched otherwise.
   *
   * @param awaitsRealm if `true`, the realm of the application is a function
   * @param answerer responds to some requests before all other code, protected paths included
   */
  install(adapter: HttpServer, awaitsRealm: boolean, answerer?: Answerer): void {
    let hooked = false;
    const hookRequests = (): void => {
      if (hooked) return;
      hooked = true;
      addRequestHook(adapter, async (request, response) => {
        if (answerer?.answers(request, response) === true) return false;
        await this.enter(request, response);
        return true;
      });
    };
    this.headHook.install(adapter, hookRequests);
    this.gate.onceUsed(hookRequests);
    if (awaitsRealm || answerer !== undefined) hookRequests();
  }

  /** Watches the responses of a server. */
  installOn(server: Server): void {
    this.headHook.installOn(server);
  }

  /** Applies the policies of routes before their requests reach the router. */
  holdEarly(matcher: { policyOf(request: HttpRequest): Policy | undefined }): void {
    this.gate.holdEarly((request) => matcher.policyOf(request));
  }

  private async enter(request: HttpRequest, response: ServerResponse): Promise<void> {
    this.headHook.watch(response);
    const exchange = this.exchanges.of(request, response);
    await this.challenger.prepare(exchange);
    await this.gate.admit(exchange);
  }
}
