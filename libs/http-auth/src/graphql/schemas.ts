import { Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { Policies } from '../guard/policies.js';
import { Resolvers } from './resolvers.js';
import { type Schema, SchemaPolicies } from './schema.policies.js';

/** The policies of each schema of an application. An application may have several modules, each with its own schema. */
@Injectable()
export class Schemas {
  private readonly bySchema = new WeakMap<Schema, SchemaPolicies>();
  private others: SchemaPolicies | undefined;

  constructor(
    private readonly policies: Policies,
    private readonly config: ApplicationConfig,
    private readonly resolvers: Resolvers,
  ) {}

  /** Notes the policies of a schema. */
  note(schema: Schema, policies: SchemaPolicies): void {
    this.bySchema.set(schema, policies);
  }

  /** Returns the policies of a schema. A schema that the application has transformed has those of all resolvers. */
  policiesOf(schema: Schema): SchemaPolicies {
    return this.bySchema.get(schema) ?? (this.others ??= this.make());
  }

  /** Creates the policies of a schema from the option `include` of its module. */
  make(include?: readonly unknown[]): SchemaPolicies {
    return new SchemaPolicies(this.resolvers.routes(include), this.policies, this.config);
  }
}
