import type { HttpRequest } from '../http/request.js';

/** The requests of users who logged in from the same address before. */
const familiar = new WeakSet<HttpRequest>();

/** Notes that the user of a request logged in from the same address before. */
export function noteLogin(request: HttpRequest): void {
  familiar.add(request);
}

/** Returns `true` if the user of a request logged in from the same address before. */
export function hasLoggedIn(request: HttpRequest): boolean {
  return familiar.has(request);
}
