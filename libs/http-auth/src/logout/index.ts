/**
 * The endpoint for OpenID Connect back-channel logout.
 *
 * ```ts
 * import { BackChannelLogoutModule } from 'nestjs-http-auth/logout';
 * ```
 *
 * @module nestjs-http-auth/logout
 */

export { BackChannelLogoutModule, type BackChannelLogoutPath } from './back.channel.logout.module.js';
export type { BackChannelLogoutOptions } from './logout.options.js';
export type { Logout } from './logout.token.js';
