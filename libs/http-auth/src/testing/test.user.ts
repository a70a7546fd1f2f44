import { randomUUID } from 'node:crypto';
import type { Policy } from '../guard/policy.js';
import { admit } from '../schemes/admission.js';
import type { Scheme } from '../schemes/scheme.js';

/** The field of a request that is signed in by {@link asUser}, for supertest, `inject()` and `fetch()` alike. */
export type TestCredentials = {
  /** Credentials that mean something in this process only. */
  readonly authorization: string;
};

/** How a test user was admitted, for `request.authInfo`. */
export interface TestAuthInfo {
  /**
   * The auth-scheme, e.g. `Basic`. A route that does not take it refuses the user.
   *
   * @default the first scheme of the route
   */
  readonly scheme?: string;
  /** Whatever else the scheme would leave in `request.authInfo`. */
  readonly [info: string]: unknown;
}

/** Those whom {@link asUser} has signed in, by their credentials. */
const users = new Map<string, { principal: unknown; authInfo: TestAuthInfo }>();

/**
 * Signs a test request in, with no password and no token: the header to send with it. The application must be built with
 * `withTestUsers()`; any other answers these credentials with a 401.
 *
 * @example
 * await request(server).get('/mine').set(asUser({ name: 'alice' })).expect(200);
 *
 * @param principal what the verifier would return; it is `request.user`, the object itself
 * @param authInfo the scheme that admits it, and what else is in `request.authInfo`
 */
export function asUser(principal: object | string | number, authInfo: TestAuthInfo = {}): TestCredentials {
  const authorization = `Testing ${randomUUID()}`;
  users.set(authorization, { principal, authInfo });
  return { authorization };
}

/**
 * The scheme of a policy that admits whomever some credentials sign in; `undefined` where they are not of {@link asUser}
 * or of another scheme.
 */
export function schemeOf(credentials: string | undefined, { schemes }: Policy): Scheme | undefined {
  const user = credentials === undefined ? undefined : users.get(credentials);
  if (user === undefined) return undefined;
  const { scheme: wanted, ...info } = user.authInfo;
  const scheme = schemes.find(({ name }) => wanted === undefined || name.toLowerCase() === wanted.toLowerCase());
  const authenticate: Scheme['authenticate'] = async () => admit(user.principal, info);
  return scheme && (Object.create(scheme, { authenticate: { value: authenticate } }) as Scheme);
}
