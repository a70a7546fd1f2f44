import { Injectable } from '@nestjs/common';
import { Authenticator } from '../guard/authenticator.js';
import type { Policy } from '../guard/policy.js';
import { policyOfRequest } from '../guard/request.scopes.js';
import type { Verdict } from '../guard/verdict.js';
import { Challenger } from '../response/challenger.js';
import { Failure } from '../schemes/failure.js';
import { Decision, isRefused, type Refused } from './decision.js';
import { type Operation, rootFieldsOf } from './operation.js';
import { refusalOf } from './refusal.js';
import { rootTypeOf, type Schema, type SchemaPolicies } from './schema.policies.js';
import type { Source } from './sources.js';

/** A decision that is made, or that will be. */
interface Known {
  readonly source: Source;
  readonly decision: Promise<Decision>;
}

/** Decides about the operations of an application: each once, regardless of the number of its fields. */
@Injectable()
export class Operations {
  /** By the GraphQL context, which each operation has of its own, and by the node, in case an application shares one. */
  private readonly decisions = new WeakMap<object, WeakMap<object, Known>>();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly challenger: Challenger,
  ) {}

  /**
   * Decides about an operation as a whole, before its first field is resolved. It is refused if all of its root fields would be
   * refused, or any root field of a mutation.
   */
  decide(
    source: Source,
    context: object,
    operation: Operation,
    schema: Schema,
    policies: SchemaPolicies,
  ): Promise<Decision> {
    let ofContext = this.decisions.get(context);
    if (ofContext === undefined) this.decisions.set(context, (ofContext = new WeakMap()));
    let known = ofContext.get(operation.node);
    if (known?.source !== source) {
      known = { source, decision: this.decideAnew(source, operation, schema, policies) };
      ofContext.set(operation.node, known);
    }
    return known.decision;
  }

  /**
   * Holds one field to a policy, and sets the principal if no field has done so.
   *
   * @throws Refusal if the field, or the whole operation, is refused
   */
  async hold(decision: Decision, policy: Policy): Promise<void> {
    const whole = decision.refusal();
    if (whole !== undefined) throw whole;
    const verdict = await this.verdictOf(decision, policy);
    if (isRefused(verdict)) {
      await this.report(decision, policy, verdict);
      throw refusalOf(verdict);
    }
    await this.accept(decision, policy, verdict);
  }

  private async decideAnew(
    source: Source,
    operation: Operation,
    schema: Schema,
    policies: SchemaPolicies,
  ): Promise<Decision> {
    const decision = new Decision(source);
    const type = rootTypeOf(schema, operation.node.operation)?.name ?? '';
    const met = rootFieldsOf(operation).map((field) => policies.of(type, field));
    const verdicts: [policy: Policy, verdict: Verdict][] = [];
    for (const policy of new Set(met)) {
      if (policy !== undefined) verdicts.push([policy, await this.verdictOf(decision, policy)]);
    }
    const refused = verdicts.filter((one): one is [Policy, Refused] => isRefused(one[1]));
    const [first] = refused;
    const isAll = refused.length === verdicts.length && !met.includes(undefined);
    if (first !== undefined && (isAll || operation.node.operation === 'mutation')) decision.whole = first[1];
    if (first !== undefined) await this.report(decision, ...first);
    if (decision.whole === undefined) for (const one of verdicts) await this.accept(decision, ...one);
    return decision;
  }

  private verdictOf(decision: Decision, policy: Policy): Promise<Verdict> {
    return decision.of(policy, async () => {
      const verdict = await this.examine(decision.source, policy);
      if (verdict === undefined || isRefused(verdict)) return verdict;
      const { name } = verdict.scheme;
      // Two schemes may have two users. A resolver must not act for the user of another field.
      if ((decision.scheme ??= name).toLowerCase() !== name.toLowerCase()) return new Failure('invalid', name);
      return verdict;
    });
  }

  private async examine({ exchange, outcomes, isConnection }: Source, policy: Policy): Promise<Verdict> {
    const { authenticated } = exchange;
    const { expiresAt } = authenticated?.admission.info ?? {};
    if (isConnection && policy.access !== 'public' && expiresAt !== undefined && expiresAt.getTime() <= Date.now()) {
      return new Failure('invalid', authenticated?.scheme.name, 401, { message: 'The credentials have expired' });
    }
    const verdict = await this.authenticator.examine(policy, exchange, outcomes);
    if (policy.scopesOf === undefined || verdict === undefined || isRefused(verdict)) return verdict;
    return this.authenticator.examine(policyOfRequest(policy, policy.scopesOf, exchange.request), exchange, outcomes);
  }

  /** Reports the first refusal of an operation as an event, and prepares the challenges of the response. */
  private async report(decision: Decision, policy: Policy, verdict: Refused): Promise<void> {
    const { source } = decision;
    // All operations of a batch have the same request.
    if (decision.isReported || (source.isReported && !source.isConnection)) return;
    decision.isReported = source.isReported = true;
    const isOfScopes = verdict instanceof Failure && verdict.status === 403 && policy.scopesOf !== undefined;
    const { exchange } = source;
    exchange.enter(isOfScopes ? policyOfRequest(policy, policy.scopesOf, exchange.request) : policy);
    await this.challenger.prepare(exchange);
    try {
      this.authenticator.settle(policy, exchange, verdict);
    } catch {
      // The client gets the refusal in the form of GraphQL.
    }
  }

  /** Sets the principal, unless an earlier field has done so. */
  private async accept({ source }: Decision, policy: Policy, verdict: Verdict): Promise<void> {
    if (verdict === undefined || isRefused(verdict)) return;
    const { exchange } = source;
    if (exchange.authenticated?.scheme.name === verdict.scheme.name) return;
    exchange.enter(policy);
    await this.challenger.prepare(exchange);
    if (exchange.authenticated?.scheme.name === verdict.scheme.name) return;
    this.authenticator.settle(policy, exchange, verdict);
  }
}
