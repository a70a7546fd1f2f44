/**
 * The guard for gRPC calls and for messages of microservices.
 *
 * ```ts
 * import { RpcAuthModule } from 'nestjs-http-auth/rpc';
 * ```
 *
 * @module nestjs-http-auth/rpc
 */

export { RefusedEventException } from './refusal.js';
export { RpcAuthModule } from './rpc.auth.module.js';
export type { RpcAuthOptions } from './rpc.options.js';
