/**
 * A verifier of JWTs (RFC 7519, RFC 9068), with presets for identity providers. Needs the package `jose`.
 *
 * ```ts
 * import { jwt, keycloak } from 'nestjs-http-auth/jwt';
 * ```
 *
 * @module nestjs-http-auth/jwt
 */

export type { ClaimCheck, ClaimChecks, ClaimsOptions, ClaimValue, RolesFunction } from '../claims.options.js';
export type { Fetch, FetchResponse } from '../endpoint.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from '../standard.schema.js';
export type { TokenCacheOptions } from '../token.cache.js';
export type { RevokedTokens } from '../revocation.js';
export type { RevocableSettings, RevocationOptions } from '../revocation.options.js';
export type { PrincipalOf } from '../principal.js';
export type { RevocableVerifier, TokenCredentials, TokenVerifier } from '../token.verifier.js';
export type { JwtClaims } from './claims.js';
export type { Jwk, JwkSet } from './jwk.set.js';
export { jwt } from './jwt.js';
export type { JwtIssuer, JwtIssuers, JwtOptions, JwtSettings, RemoteKeysOptions } from './jwt.options.js';
export type { IssuerState, JwtVerifier } from './jwt.verifier.js';
export type { KeyState } from './keys.js';
export { auth0, type Auth0Options } from './presets/auth0.js';
export { betterAuth, type BetterAuthOptions } from './presets/better.auth.js';
export { cognito, type CognitoOptions } from './presets/cognito.js';
export { entraId, type EntraIdOptions } from './presets/entra.id.js';
export { google, type GoogleOptions } from './presets/google.js';
export { keycloak, type KeycloakOptions } from './presets/keycloak.js';
export { oidcProvider, type OidcProviderOptions } from './presets/oidc.provider.js';
export { okta, type OktaOptions } from './presets/okta.js';
