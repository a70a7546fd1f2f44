import type { Server, ServerResponse } from 'node:http';
import { type HttpServer, Injectable } from '@nestjs/common';
import type { Policy } from '../guard/policy.js';
import type { HttpRequest } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import { Exchanges } from '../response/exchange.js';
import { addRequestHook } from '../response/request.hook.js';
import { ResponseHeadHook } from '../response/response-head.hook.js';
import { Gate } from './gate.js';

/** Answers a request, if it is one that it is there for. */
export interface Answerer {
  answers(request: HttpRequest, response: ServerResponse): boolean;
}

/** Where requests come into an application: they are watched from there on, and those for protected paths are held. */
@Injectable()
export class Entrance {
  constructor(
    private readonly exchanges: Exchanges,
    private readonly challenger: Challenger,
    private readonly headHook: ResponseHeadHook,
    private readonly gate: Gate,
  ) {}

  /**
   * Installs itself on an adapter. It adds a hook on each request only once there is something to do there, for what that
   * costs: a path to protect, a response that cannot be watched otherwise, or a realm that may have to be awaited.
   *
   * @param awaitsRealm whether the realm of the application is a function
   * @param answerer what answers ahead of all else, protected paths included
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
