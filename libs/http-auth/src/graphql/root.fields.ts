import type { Checks } from './checks.js';
import type { FieldResolver, RootType, Schema, SchemaPolicies } from './schema.policies.js';

/**
 * Adds the check to the root fields that no resolver of Nest has, because Nest runs guards on its own resolvers only. Examples
 * are the fields of the option `resolvers`, and `_entities` of a federated schema.
 *
 * @throws AuthConfigurationError if a decorator of a root field is invalid
 */
export function checkRootFields(schema: Schema, policies: SchemaPolicies, checks: Checks): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (type === null || type === undefined) continue;
    for (const name of Object.keys(type.getFields())) checkRootField(type, name, policies, checks);
  }
}

function checkRootField(type: RootType, name: string, policies: SchemaPolicies, checks: Checks): void {
  const policy = policies.of(type.name, name);
  const field = type.getFields()[name];
  if (policy === undefined || field === undefined || policies.isGuarded(type.name, name)) return;
  const checked =
    (resolve: FieldResolver): FieldResolver =>
    async (source, args, context, info) => {
      await checks.ofField(policy.route, policy, context, info);
      return resolve(source, args, context, info);
    };
  field.resolve = checked(field.resolve ?? propertyOf);
  if (field.subscribe !== undefined && field.subscribe !== null) field.subscribe = checked(field.subscribe);
}

/** Resolves a field without a resolver, as graphql-js does. */
const propertyOf: FieldResolver = (source, args, context, info) => {
  const value: unknown = (source as Record<string, unknown> | null | undefined)?.[info.fieldName];
  return typeof value === 'function' ? (value.call(source, args, context, info) as unknown) : value;
};
