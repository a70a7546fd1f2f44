import { Injectable } from '@nestjs/common';
import { type HttpRequest, isPreflight } from '../http/request.js';
import { Authenticator } from '../guard/authenticator.js';
import type { Policy } from '../guard/policy.js';
import { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { isWithin, readingsOf } from './path.js';

/** Holds the requests for protected paths to their policies, ahead of everything that serves them. */
@Injectable()
export class Gate {
  /** The policies by their paths, the longest path first. */
  private policies: readonly (readonly [root: string, policy: Policy])[] = [];

  constructor(
    private readonly authenticator: Authenticator,
    private readonly challenger: Challenger,
  ) {}

  /** Where the policy of a route is found before the router gets to it. */
  private early: ((request: HttpRequest) => Policy | undefined) | undefined;

  /** Called as soon as there is something to hold requests for. */
  private use: () => void = () => undefined;

  /** Says what must be done before requests can be held. */
  onceUsed(use: () => void): void {
    this.use = use;
    if (this.policies.length > 0 || this.early !== undefined) use();
  }

  /** Protects a path and all that lies below it. */
  protect(path: string, policy: Policy): void {
    const roots = readingsOf(path).map((root) => [root, policy] as const);
    this.use();
    this.policies = [...roots, ...this.policies].toSorted(([a], [b]) => b.length - a.length);
  }

  /**
   * Lets a request pass, or throws.
   */
  async admit(exchange: Exchange): Promise<void> {
    const policy = this.policyOf(exchange.request);
    if (policy === undefined || (policy.preflight && isPreflight(exchange.request))) return;
    exchange.enter(policy);
    await this.challenger.prepare(exchange);
    await this.authenticator.authenticate(policy, exchange);
  }

  /** Holds requests to the policies of their routes as well, so that no anonymous request costs the parsing of its body. */
  holdEarly(policyOf: (request: HttpRequest) => Policy | undefined): void {
    this.use();
    this.early = policyOf;
  }

  private policyOf(request: HttpRequest): Policy | undefined {
    return this.policyOfPath(request.url) ?? (isPreflight(request) ? undefined : this.early?.(request));
  }

  /** The policy of the closest protected path above a request target, however it is read. */
  private policyOfPath(target: string): Policy | undefined {
    if (this.policies.length === 0) return undefined;
    const readings = readingsOf(target);
    return this.policies.find(([root]) => readings.some((path) => isWithin(path, root)))?.[1];
  }
}
