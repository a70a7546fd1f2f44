/**
 * A verifier that asks the authorization server about each token (RFC 7662).
 *
 * ```ts
 * import { introspection } from 'nestjs-http-auth/introspection';
 * ```
 *
 * @module nestjs-http-auth/introspection
 */

export type { ClaimCheck, ClaimChecks, ClaimsOptions, ClaimValue, RolesFunction } from '../claims.options.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from '../standard.schema.js';
export type { Fetch, FetchResponse } from '../endpoint.js';
export type { RevokedTokens } from '../revocation.js';
export type { RevocableSettings, RevocationOptions } from '../revocation.options.js';
export type { PrincipalOf } from '../principal.js';
export type { RevocableVerifier, TokenCredentials, TokenVerifier } from '../token.verifier.js';
export type { ClientAuthenticationMethod, ClientKey, ClientOptions } from './client.options.js';
export { introspection } from './introspection.js';
export type { IntrospectionCacheOptions, IntrospectionOptions } from './introspection.options.js';
export type { IntrospectionClaims } from './introspection.response.js';
