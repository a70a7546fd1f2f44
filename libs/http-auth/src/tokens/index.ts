export { type CreatedToken, token, type TokenOptions } from './opaque/token.js';
export { type FindToken, type StoredToken, tokens, type TokenVerifier } from './opaque/tokens.js';
