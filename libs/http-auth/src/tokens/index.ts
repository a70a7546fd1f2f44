export { type CreatedToken, token, type TokenOptions } from './opaque/token.js';
export type { StoredToken } from './opaque/stored.token.js';
export { type FindToken, tokens } from './opaque/tokens.js';
export type { TokensOptions } from './opaque/tokens.options.js';
export type { TokenVerifier } from './token.verifier.js';
