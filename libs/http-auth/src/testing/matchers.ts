import { read } from './test.response.js';

/**
 * Auth-params by name. A value is a string, `undefined` for a param that must be absent, or an asymmetric matcher such as
 * `expect.stringContaining('site')`.
 */
export type ExpectedParams = Readonly<
  Record<string, string | undefined | { asymmetricMatch(other: unknown): boolean }>
>;

/** The matchers that are added to `expect()`. */
export interface HttpAuthMatchers<Result> {
  /**
   * Checks that a response of any status has a challenge: in `WWW-Authenticate`, or in `Proxy-Authenticate` if the status
   * is 407. It accepts the responses of supertest, `fetch()`, Fastify's `inject()` and `node:http`.
   *
   * @example
   * expect(response).toChallenge('Basic', { realm: 'Staging' });
   * @param scheme the auth-scheme of the challenge, in any case; any scheme by default
   * @param params auth-params that the challenge must have; it may have more
   * @throws TypeError, with `.not` too, if the value is not a response or its field is not well-formed
   */
  toChallenge(scheme?: string, params?: ExpectedParams): Result;
}

/** The context that both Jest and Vitest pass to a matcher. */
interface MatcherContext {
  equals(actual: unknown, expected: unknown): boolean;
  readonly utils: { stringify(value: unknown): string };
}

/** The matchers for `expect.extend()`, which `nestjs-http-auth/testing/jest` and `…/vitest` do for you. */
export const httpAuthMatchers = {
  /** {@link HttpAuthMatchers.toChallenge} */
  toChallenge(this: MatcherContext, response: unknown, scheme?: string, params: ExpectedParams = {}) {
    const { status, challenges } = read(response);
    const pass = challenges.some(
      (challenge) =>
        (scheme === undefined || challenge.scheme.toLowerCase() === scheme.toLowerCase()) &&
        Object.entries(params).every(([name, value]) => this.equals(challenge.params?.[name.toLowerCase()], value)),
    );
    const text = (name: string, values: object = {}, token68 = '') => {
      const list = Object.entries(values).map(([param, value]) => `${param}=${this.utils.stringify(value)}`);
      return `${name} ${list.join(', ')}${token68}`.trimEnd();
    };
    const message = () =>
      [
        `expect(response)${pass ? '.not' : ''}.toChallenge(scheme, params)`,
        '',
        `Expected: ${pass ? 'no' : 'a'} challenge ${text(scheme ?? 'of any scheme', params)}`,
        `Received: ${status} with ${challenges.length === 0 ? 'no challenge' : 'the challenges'}`,
        ...challenges.map((challenge) => `    ${text(challenge.scheme, challenge.params, challenge.token68)}`),
        ...(status === 403 ? ['', FORBIDDEN] : []),
      ].join('\n');
    return { pass, message };
  },
};

/** The most common reason for a 403 if a test expects a challenge. */
const FORBIDDEN =
  'Nest responds with 403 if a guard returns false; throw an UnauthorizedException in the guard for a 401 with challenges.';
