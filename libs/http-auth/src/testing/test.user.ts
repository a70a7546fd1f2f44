import { randomUUID } from 'node:crypto';
import type { Policy } from '../guard/policy.js';
import { admit } from '../schemes/admission.js';
import type { Scheme } from '../schemes/scheme.js';

/** The fields of a request of {@link asUser}, for supertest, `inject()` and `fetch()`. */
export type TestCredentials = {
  /** Random credentials, which are valid only in this process. */
  readonly authorization: string;
};

/** The auth info of a test user, for `request.authInfo`. */
export interface TestAuthInfo {
  /**
   * The auth-scheme, e.g. `Basic`. A route that does not accept this scheme refuses the user.
   *
   * @default the first scheme of the route
   */
  readonly scheme?: string;
  /** Other facts that the scheme would add to `request.authInfo`. */
  readonly [info: string]: unknown;
}

/** The users of {@link asUser}, by their credentials. */
const users = new Map<string, { principal: unknown; authInfo: TestAuthInfo }>();

/**
 * Returns the field that authenticates a test request, without a password or a token. The application must be built with
 * `withTestUsers()`. Any other application refuses them with 401.
 *
 * @example
 * await request(server).get('/mine').set(asUser({ name: 'alice' })).expect(200);
 * @param principal the result of the verifier; it is the object in `request.user`
 * @param authInfo the scheme of the user, and other facts in `request.authInfo`
 */
export function asUser(principal: object | string | number, authInfo: TestAuthInfo = {}): TestCredentials {
  const authorization = `Testing ${randomUUID()}`;
  users.set(authorization, { principal, authInfo });
  return { authorization };
}

/**
 * Returns a scheme of the policy that authenticates the user of these credentials. Returns `undefined` if the credentials
 * do not come from {@link asUser}, or if the policy does not accept their scheme.
 */
export function schemeOf(credentials: string | undefined, { schemes }: Policy): Scheme | undefined {
  const user = credentials === undefined ? undefined : users.get(credentials);
  if (user === undefined) return undefined;
  const { scheme: wanted, ...info } = user.authInfo;
  const scheme = schemes.find(({ name }) => wanted === undefined || name.toLowerCase() === wanted.toLowerCase());
  const authenticate: Scheme['authenticate'] = async () => admit(user.principal, info);
  return scheme && withAuthenticate(scheme, authenticate);
}

/** Returns a scheme with another `authenticate()`. It is a proxy, because the private fields of a scheme exist only on the scheme itself. */
function withAuthenticate(scheme: Scheme, authenticate: Scheme['authenticate']): Scheme {
  return new Proxy(scheme, {
    get(target, property) {
      if (property === 'authenticate') return authenticate;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
