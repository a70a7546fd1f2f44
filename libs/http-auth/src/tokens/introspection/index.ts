export type { Fetch, FetchResponse } from '../endpoint.js';
export type { TokenVerifier } from '../token.verifier.js';
export type { ClientAuthenticationMethod, ClientKey, ClientOptions } from './client.authentication.js';
export { introspection, type IntrospectionCacheOptions, type IntrospectionOptions } from './introspection.js';
export type { IntrospectionClaims } from './introspection.response.js';
