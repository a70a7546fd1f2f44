export { RefusedEventException } from './refusal.js';
export { RpcAuthModule } from './rpc.auth.module.js';
export type { RpcAuthOptions } from './rpc.options.js';
