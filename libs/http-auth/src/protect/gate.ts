import { Injectable } from '@nestjs/common';
import { type HttpRequest, isPreflight } from '../http/request.js';
import { Authenticator } from '../guard/authenticator.js';
import type { Policy } from '../guard/policy.js';
import { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { isWithin, readingsOf } from './path.js';

/** Applies the policies of protected paths to requests, before all code that serves the paths. */
@Injectable()
export class Gate {
  /** The policies by their paths, the longest path first. */
  private policies: readonly (readonly [root: string, policy: Policy])[] = [];

  constructor(
    private readonly authenticator: Authenticator,
    private readonly challenger: Challenger,
  ) {}

  /** Returns the policy of a route before the router runs. */
  private early: ((request: HttpRequest) => Policy | undefined) | undefined;

  /** Installs the request hook. Called when the first policy exists. */
  private use: () => void = () => undefined;

  /** Registers a function that prepares the application, which is called as soon as a policy exists. */
  onceUsed(use: () => void): void {
    this.use = use;
    if (this.policies.length > 0 || this.early !== undefined) use();
  }

  /** Protects a path and everything below it. */
  protect(path: string, policy: Policy): void {
    const roots = readingsOf(path).map((root) => [root, policy] as const);
    this.use();
    this.policies = [...roots, ...this.policies].toSorted(([a], [b]) => b.length - a.length);
  }

  /** Authenticates a request to a protected path. Throws if the request is refused. */
  async admit(exchange: Exchange): Promise<void> {
    const policy = this.policyOf(exchange.request);
    if (policy === undefined || (policy.preflight && isPreflight(exchange.request))) return;
    exchange.enter(policy);
    await this.challenger.prepare(exchange);
    await this.authenticator.authenticate(policy, exchange);
  }

  /** Also applies the policies of routes, so that the body of a refused request is not parsed. */
  holdEarly(policyOf: (request: HttpRequest) => Policy | undefined): void {
    this.use();
    this.early = policyOf;
  }

  private policyOf(request: HttpRequest): Policy | undefined {
    return this.policyOfPath(request.url) ?? (isPreflight(request) ? undefined : this.early?.(request));
  }

  /** Returns the policy of the nearest protected path above a request target, in any reading of the target. */
  private policyOfPath(target: string): Policy | undefined {
    if (this.policies.length === 0) return undefined;
    const readings = readingsOf(target);
    return this.policies.find(([root]) => readings.some((path) => isWithin(path, root)))?.[1];
  }
}
