export type { TokenCacheOptions } from '../token.cache.js';
