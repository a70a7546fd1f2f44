import { Injectable } from '@nestjs/common';
import { Authenticator } from '../guard/authenticator.js';
import type { Policy } from '../guard/policy.js';
import { policyOfRequest } from '../guard/request.scopes.js';
import type { PolicyResult } from '../guard/policy.result.js';
import { Challenger } from '../response/challenger.js';
import type { Authenticated } from '../response/exchange.js';
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
  /** By GraphQL context. Each operation has a new one. The node distinguishes operations if an application shares a context. */
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
   * Applies a policy to one field, and sets the principal if no field has done so.
   *
   * @throws Refusal if the field, or the whole operation, is refused
   */
  async hold(decision: Decision, policy: Policy): Promise<void> {
    const whole = decision.refusal();
    if (whole !== undefined) throw whole;
    // A subscription asks for its fields again with each event.
    const result = expiredFailure(decision.source, policy) ?? (await this.resultOf(decision, policy));
    if (isRefused(result)) {
      await this.report(decision, policy, result);
      throw refusalOf(result);
    }
    await this.accept(decision, policy, result);
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
    const results: [policy: Policy, result: PolicyResult][] = [];
    for (const policy of new Set(met)) {
      if (policy !== undefined) results.push([policy, await this.resultOf(decision, policy)]);
    }
    const refused = results.filter((one): one is [Policy, Refused] => isRefused(one[1]));
    const [first] = refused;
    const isAll = refused.length === results.length && !met.includes(undefined);
    if (first !== undefined && (isAll || operation.node.operation === 'mutation')) decision.whole = first[1];
    if (first !== undefined) await this.report(decision, ...first);
    if (decision.whole === undefined) for (const one of results) await this.accept(decision, ...one);
    return decision;
  }

  private resultOf(decision: Decision, policy: Policy): Promise<PolicyResult> {
    return decision.of(policy, async () => {
      const expired = expiredFailure(decision.source, policy);
      if (expired !== undefined) return expired;
      const result = await this.examine(decision.source, policy);
      if (result === undefined || isRefused(result)) return result;
      const { name } = result.scheme;
      // Two schemes may have two users. A resolver must not act for the user of another field, or of another operation of a batch.
      if ((decision.source.scheme ??= name) !== name) return new Failure('invalid', name);
      return result;
    });
  }

  private async examine({ exchange, outcomes }: Source, policy: Policy): Promise<PolicyResult> {
    const result = await this.authenticator.examine(policy, exchange, outcomes);
    if (policy.scopesOf === undefined || result === undefined || isRefused(result)) return result;
    return this.authenticator.examine(policyOfRequest(policy, policy.scopesOf, exchange.request), exchange, outcomes);
  }

  /** Reports the first refusal of an operation as an event, and prepares the challenges of the response. */
  private async report(decision: Decision, policy: Policy, result: Refused): Promise<void> {
    const { source } = decision;
    // All operations of a batch have the same request.
    if (decision.isReported || (source.isReported && !source.isConnection)) return;
    decision.isReported = source.isReported = true;
    const isOfScopes =
      result instanceof Failure &&
      result.status === 403 &&
      result.reason === 'insufficient' &&
      policy.scopesOf !== undefined;
    const { exchange } = source;
    exchange.enter(isOfScopes ? policyOfRequest(policy, policy.scopesOf, exchange.request) : policy);
    await this.challenger.prepare(exchange);
    try {
      this.authenticator.settle(policy, exchange, result);
    } catch {
      // The client gets the refusal in the form of GraphQL.
    }
  }

  /** Sets the principal, unless an earlier field has done so. All fields have the same one. */
  private accept(decision: Decision, policy: Policy, result: PolicyResult): Promise<void> | undefined {
    if (result === undefined || isRefused(result)) return undefined;
    return (decision.accepted ??= this.setPrincipal(decision.source, policy, result));
  }

  private async setPrincipal({ exchange, endAt }: Source, policy: Policy, result: Authenticated): Promise<void> {
    exchange.enter(policy);
    await this.challenger.prepare(exchange);
    const { authenticated } = exchange;
    // Another operation of the same batch has set it in the meantime.
    if (authenticated !== undefined && authenticated !== result && isSame(authenticated, result)) return;
    this.authenticator.settle(policy, exchange, result);
    const { expiresAt } = result.admission.info;
    if (expiresAt !== undefined) endAt(expiresAt);
  }
}

/** Returns a failure if the credentials of a connection have expired since it was opened. */
function expiredFailure({ exchange, isConnection }: Source, { access }: Policy): Failure | undefined {
  const { scheme, admission } = exchange.authenticated ?? {};
  const { expiresAt } = admission?.info ?? {};
  if (!isConnection || access === 'public' || expiresAt === undefined || expiresAt.getTime() > Date.now())
    return undefined;
  return new Failure('invalid', scheme?.name, 401, { message: 'The credentials have expired' });
}

function isSame(one: Authenticated, other: Authenticated): boolean {
  return one.scheme.name === other.scheme.name && one.admission === other.admission;
}
