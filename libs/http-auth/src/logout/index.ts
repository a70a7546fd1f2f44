export { BackChannelLogoutModule, type BackChannelLogoutPath } from './back.channel.logout.module.js';
export type { BackChannelLogoutOptions } from './logout.options.js';
export type { Logout } from './logout.token.js';
