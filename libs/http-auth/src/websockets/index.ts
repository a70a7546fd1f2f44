/**
 * The guard for the handshakes and the messages of gateways, with `ws` and with socket.io.
 *
 * ```ts
 * import { WebSocketAuthModule } from 'nestjs-http-auth/websockets';
 * ```
 *
 * @module nestjs-http-auth/websockets
 */

export { authOf, userOf } from './connection.js';
export { type RefusalCode, type RefusedMessage } from './refusal.js';
export { type ConnectionPredicate, WebSocketAuth } from './websocket.auth.js';
export { WebSocketAuthModule } from './websocket.module.js';
export type { WebSocketAuthOptions } from './websocket.options.js';
export type { OriginPredicate, Origins } from '../http/origin.js';
