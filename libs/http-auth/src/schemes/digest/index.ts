/**
 * The scheme Digest (RFC 7616) with `Authentication-Info` (RFC 7615).
 *
 * ```ts
 * import { digest } from 'nestjs-http-auth/digest';
 * ```
 *
 * @module nestjs-http-auth/digest
 */

export type { NonceOptions } from '../nonce.options.js';
export type { ReplayOptions } from '../replay.options.js';
export type { DigestAlgorithm, DigestHash } from './digest.algorithm.js';
export type { DigestNonceOptions, DigestOptions } from './digest.options.js';
export { digest } from './digest.scheme.js';
export type { DigestLookup, DigestUser, FindDigestUser } from './digest.user.js';
export { type DigestFileUser, htdigest } from './htdigest.js';
