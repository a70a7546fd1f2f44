/**
 * A verifier of random tokens that the application issues, and a function that creates them.
 *
 * ```ts
 * import { token, tokens } from 'nestjs-http-auth/tokens';
 * ```
 *
 * @module nestjs-http-auth/tokens
 */

export { type CreatedToken, token, type TokenOptions } from './opaque/token.js';
export type { StoredToken } from './opaque/stored.token.js';
export { type FindToken, tokens } from './opaque/tokens.js';
export type { TokensOptions } from './opaque/tokens.options.js';
export type { TokenCredentials, TokenVerifier } from './token.verifier.js';
