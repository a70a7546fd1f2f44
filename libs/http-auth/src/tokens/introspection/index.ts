export type { ClaimCheck, ClaimChecks, ClaimsOptions, ClaimValue, RolesFunction } from '../claims.options.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from '../standard.schema.js';
export type { Fetch, FetchResponse } from '../endpoint.js';
export type { TokenVerifier } from '../token.verifier.js';
export type { ClientAuthenticationMethod, ClientKey, ClientOptions } from './client.options.js';
export { introspection } from './introspection.js';
export type { IntrospectionCacheOptions, IntrospectionOptions } from './introspection.options.js';
export type { IntrospectionClaims } from './introspection.response.js';
