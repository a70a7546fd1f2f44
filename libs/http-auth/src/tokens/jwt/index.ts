export type { TokenCacheOptions } from '../token.cache.js';
export type { JwtClaims } from './claims.js';
export { jwt, type JwtVerifier } from './jwt.js';
export type { JwtIssuer, JwtIssuers, JwtOptions, JwtSettings } from './jwt.options.js';
export type { RemoteKeysOptions } from './remote.keys.js';
