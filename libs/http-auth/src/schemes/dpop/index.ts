export type { DpopNonceOptions, DpopOptions, DpopReplayOptions } from './dpop.options.js';
export { dpop, type DpopCredentials } from './dpop.scheme.js';
