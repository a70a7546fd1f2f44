import { BadRequestException, Inject, Injectable } from '@nestjs/common';
import { Authenticator } from '../guard/authenticator.js';
import { openingOfRequest, policyFor } from '../guard/opening.js';
import type { Policy } from '../guard/policy.js';
import { type HttpRequest, isPreflight } from '../http/request.js';
import { Challenger } from '../response/challenger.js';
import type { Exchange } from '../response/exchange.js';
import { ProtectedPaths } from './paths/protected.paths.js';

/** Holds the protected paths of an application, and applies their policies to requests. */
@Injectable()
export class Gate {
  /** Prepare the application. Called when the first path is protected. */
  private uses: readonly (() => void)[] = [];

  constructor(
    @Inject(ProtectedPaths) private readonly paths: ProtectedPaths<Policy>,
    private readonly authenticator: Authenticator,
    private readonly challenger: Challenger,
  ) {}

  /** Registers a function that prepares the application. It is called as soon as a path is protected. */
  onceUsed(use: () => void): void {
    if (!this.paths.isEmpty) use();
    else this.uses = [...this.uses, use];
  }

  /**
   * Protects a path and everything below it.
   *
   * @throws AuthConfigurationError if the path or an exception is invalid
   */
  protect(path: string, policy: Policy, except: readonly string[]): void {
    this.paths.protect(path, policy, { except });
    for (const use of this.uses) use();
    this.uses = [];
  }

  /**
   * Returns the policies that a request must satisfy, all of them. The nearest path is the last, so that its realm and its
   * challenges remain.
   *
   * @param target the request target; by default the target that the client sent
   * @param upgrade if `true`, the request is an upgrade
   * @throws BadRequestException if no honest client sends the target
   */
  policiesOf(request: HttpRequest, target: string = request.url, upgrade = false): readonly Policy[] {
    if (this.paths.isEmpty) return [];
    const policies = this.paths.policiesOf(target, { method: request.method, upgrade });
    if ('refused' in policies) {
      throw new BadRequestException(`The request target is not accepted: ${policies.refused}`);
    }
    const opens = openingOfRequest(request, upgrade);
    return policies.map((policy) => policyFor(policy, opens)).toReversed();
  }

  /**
   * Returns if the request satisfies all policies, and throws otherwise.
   *
   * @throws HttpException if the request is refused
   */
  async admit(exchange: Exchange, policies: readonly Policy[]): Promise<void> {
    const last = policies.at(-1);
    for (const policy of policies) {
      if (policy.preflight && isPreflight(exchange.request)) continue;
      exchange.enter(policy);
      await this.challenger.prepare(exchange);
      await this.authenticator.authenticate(policy, exchange, policy === last);
    }
  }
}
