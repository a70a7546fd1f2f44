/**
 * The scheme DPoP for tokens that are bound to a key (RFC 9449).
 *
 * ```ts
 * import { dpop } from 'nestjs-http-auth/dpop';
 * ```
 *
 * @module nestjs-http-auth/dpop
 */

export type { NonceOptions } from '../nonce.options.js';
export type { ReplayOptions } from '../replay.options.js';
export type { DpopOptions } from './dpop.options.js';
export { dpop, type DpopCredentials } from './dpop.scheme.js';
