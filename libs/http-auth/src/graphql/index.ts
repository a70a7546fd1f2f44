export { GraphQLAuthModule } from './graphql-auth.module.js';
export type { GraphQLAuthOptions } from './graphql.options.js';
export type { OriginPredicate, Origins } from '../http/origin.js';
