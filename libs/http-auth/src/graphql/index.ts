/**
 * The guard for the operations and subscriptions of `@nestjs/graphql`.
 *
 * ```ts
 * import { GraphQLAuthModule } from 'nestjs-http-auth/graphql';
 * ```
 *
 * @module nestjs-http-auth/graphql
 */

export { GraphQLAuthModule } from './graphql-auth.module.js';
export type { GraphQLAuthOptions } from './graphql.options.js';
export type { OriginPredicate, Origins } from '../http/origin.js';
