import type { ApplicationConfig } from '@nestjs/core';
import { isGuarded, isGuardedGlobally } from '../guard/guarded.js';
import type { Policies } from '../guard/policies.js';
import type { Policy } from '../guard/policy.js';
import type { OperationNode } from './operation.js';
import { isRoot, type ResolverRoute } from './resolvers.js';

/** The parts of a schema of graphql-js that we use. */
export interface Schema {
  getQueryType(): RootType | null | undefined;
  getMutationType(): RootType | null | undefined;
  getSubscriptionType(): RootType | null | undefined;
}

/** A root type of a schema. */
export interface RootType {
  readonly name: string;
  getFields(): Record<string, { resolve?: FieldResolver | undefined; subscribe?: FieldResolver | undefined }>;
}

/** A resolver of graphql-js. */
export type FieldResolver = (source: unknown, args: unknown, context: unknown, info: FieldInfo) => unknown;

/** The operation, as graphql-js describes it to a resolver. */
export interface FieldInfo {
  readonly fieldName: string;
  readonly schema: Schema;
  readonly operation: OperationNode;
  readonly fragments: Readonly<Record<string, never>>;
  readonly variableValues: Readonly<Record<string, unknown>>;
}

/** Returns the root type of an operation. */
export function rootTypeOf(schema: Schema, operation: OperationNode['operation']): RootType | undefined {
  if (operation === 'query') return schema.getQueryType() ?? undefined;
  return (operation === 'mutation' ? schema.getMutationType() : schema.getSubscriptionType()) ?? undefined;
}

/**
 * The policies of the root fields of one schema. A field that no resolver of Nest has, e.g. `_entities` of a federated schema,
 * has the policy of a handler without decorators.
 */
export class SchemaPolicies {
  private readonly routes = new Map<string, ResolverRoute>();
  private readonly known = new Map<string, Policy | undefined>();

  /** @param routes the resolvers of the schema */
  constructor(
    routes: readonly ResolverRoute[],
    private readonly policies: Policies,
    private readonly config: ApplicationConfig,
  ) {
    // As in Nest, the last one counts if several methods have the same field.
    for (const route of routes) this.routes.set(`${route.type}.${route.field}`, route);
  }

  /** Returns the policy of a root field; `undefined` if the guard does not run on it (`globalGuard: false`). */
  of(type: string, field: string): Policy | undefined {
    const name = `${type}.${field}`;
    if (!this.known.has(name)) this.known.set(name, this.decide(name));
    return this.known.get(name);
  }

  /** Returns `true` if Nest runs our guard on the resolver of a root field. */
  isGuarded(type: string, field: string): boolean {
    const route = this.routes.get(`${type}.${field}`);
    return route !== undefined && isRoot(route);
  }

  private decide(name: string): Policy | undefined {
    const route = this.routes.get(name);
    if (route !== undefined) {
      return isGuarded(this.config, route) ? this.policies.of(route.controller, route.handler) : undefined;
    }
    if (!isGuardedGlobally(this.config)) return undefined;
    const parts = { realm: undefined, schemes: undefined, prompt: undefined, preflight: false } as const;
    return this.policies.make({ ...parts, route: name, access: 'required', reason: 'default', opens: 'response' });
  }
}
