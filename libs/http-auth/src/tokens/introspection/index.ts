export type { Fetch, FetchResponse } from '../endpoint.js';
export type { RevokedTokens } from '../revocation.js';
export type { RevocableSettings, RevocationOptions } from '../revocation.options.js';
export type { RevocableVerifier, TokenVerifier } from '../token.verifier.js';
export type { ClientAuthenticationMethod, ClientKey, ClientOptions } from './client.options.js';
export { introspection } from './introspection.js';
export type { IntrospectionCacheOptions, IntrospectionOptions } from './introspection.options.js';
export type { IntrospectionClaims } from './introspection.response.js';
