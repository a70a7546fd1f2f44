export type { DigestAlgorithm, DigestHash } from './digest.algorithm.js';
export type { DigestNonceOptions, DigestOptions, DigestReplayOptions } from './digest.options.js';
export { digest } from './digest.scheme.js';
export type { DigestLookup, DigestUser, FindDigestUser } from './digest.user.js';
export { type DigestFileUser, htdigest } from './htdigest.js';
