import { Injectable, Logger } from '@nestjs/common';
import { carry } from '../guard/carrier.js';
import type { Policy } from '../guard/policy.js';
import type { Decision } from './decision.js';
import type { Operation } from './operation.js';
import { Operations } from './operations.js';
import { internalRefusal, isRefusal, type Refusal } from './refusal.js';
import { type FieldInfo, type Schema } from './schema.policies.js';
import { Schemas } from './schemas.js';
import { Sources } from './sources.js';

/** Checks operations and fields. If a check itself fails, the client gets an error without internals. */
@Injectable()
export class Checks {
  private readonly logger = new Logger('HttpAuthGuard');

  constructor(
    private readonly sources: Sources,
    private readonly operations: Operations,
    private readonly schemas: Schemas,
  ) {}

  /**
   * Checks an operation before it is executed. Returns the refusal of the whole operation, or `undefined`. If the context has no
   * request, the check of each field refuses it.
   */
  async ofOperation(context: unknown, operation: Operation, schema: Schema): Promise<Refusal | undefined> {
    try {
      const decision = await this.decide(context, operation, schema);
      return decision?.refusal();
    } catch (error) {
      return this.refusalOf(error);
    }
  }

  /**
   * Checks one field.
   *
   * @param name the name of the handler or of the field, for the log
   * @throws Refusal if the field, or the whole operation, is refused
   */
  async ofField(name: string, policy: Policy, context: unknown, info: FieldInfo): Promise<void> {
    const { operation: node, fragments, variableValues: variables, schema } = info;
    try {
      const decision = await this.decide(context, { node, fragments, variables }, schema);
      if (decision === undefined) {
        throw new Error(
          `${name}: GraphQLAuthModule does not find the request in the GraphQL context; keep the property req in the context`,
        );
      }
      await this.operations.hold(decision, policy);
    } catch (error) {
      throw this.refusalOf(error);
    }
  }

  private async decide(context: unknown, operation: Operation, schema: Schema): Promise<Decision | undefined> {
    const source = this.sources.of(context);
    if (source === undefined) return undefined;
    carry(context as object, source.exchange.request);
    return this.operations.decide(source, context as object, operation, schema, this.schemas.policiesOf(schema));
  }

  private refusalOf(error: unknown): Refusal {
    if (isRefusal(error)) return error;
    this.logger.error(error);
    return internalRefusal();
  }
}
