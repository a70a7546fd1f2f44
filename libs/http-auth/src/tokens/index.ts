export { type CreatedToken, token, type TokenOptions } from './opaque/token.js';
export { type FindToken, type StoredToken, tokens } from './opaque/tokens.js';
export type { TokenVerifier } from './token.verifier.js';
