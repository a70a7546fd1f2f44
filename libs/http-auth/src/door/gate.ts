import { BadRequestException, Injectable } from '@nestjs/common';
import { Authenticator } from '../guard/authenticator.js';
import type { Policy } from '../guard/policy.js';
import { type HttpRequest, isPreflight } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { ProtectedPaths } from './protected.paths.js';

/** Applies the policies of protected paths to requests, before all code that serves the paths. */
@Injectable()
export class Gate {
  private readonly paths = new ProtectedPaths<Policy>();

  /** Returns the policy of a route before the router runs. */
  private early: ((request: HttpRequest) => Policy | undefined) | undefined;

  /** Installs the request hook. Called when the first policy exists. */
  private use: () => void = () => undefined;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly challenger: Challenger,
  ) {}

  /** Registers a function that prepares the application, which is called as soon as a policy exists. */
  onceUsed(use: () => void): void {
    this.use = use;
    if (!this.paths.isEmpty || this.early !== undefined) use();
  }

  /**
   * Protects a path and everything below it.
   *
   * @throws AuthConfigurationError if the path or an exception is invalid
   */
  protect(path: string, policy: Policy, except: readonly string[]): void {
    this.paths.protect(path, policy, { except });
    this.use();
  }

  /** Also applies the policies of routes, so that the body of a refused request is not parsed. */
  holdEarly(policyOf: (request: HttpRequest) => Policy | undefined): void {
    this.use();
    this.early = policyOf;
  }

  /**
   * Authenticates a request to a protected path. The request must satisfy all policies of its target.
   *
   * @throws HttpException if the request is refused; 400 if no honest client sends its target
   */
  async admit(exchange: Exchange): Promise<void> {
    for (const policy of this.policiesOf(exchange.request)) {
      if (policy.preflight && isPreflight(exchange.request)) continue;
      exchange.enter(policy);
      await this.challenger.prepare(exchange);
      await this.authenticator.authenticate(policy, exchange);
    }
  }

  /** Returns the policies of a request, the nearest path last, so that its realm and its challenges remain. */
  private policiesOf(request: HttpRequest): readonly Policy[] {
    const policies = this.paths.isEmpty ? [] : this.paths.policiesOf(request.url, request);
    if ('refused' in policies) {
      throw new BadRequestException(`The request target is not accepted: ${policies.refused}`);
    }
    if (policies.length > 0) return policies.toReversed();
    const early = isPreflight(request) ? undefined : this.early?.(request);
    return early === undefined ? [] : [early];
  }
}
