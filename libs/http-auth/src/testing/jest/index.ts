/**
 * Adds `toChallenge()` and the other matchers to the `expect` of Jest.
 *
 * ```ts
 * import 'nestjs-http-auth/testing/jest';
 * ```
 *
 * @module nestjs-http-auth/testing/jest
 */

import { expect } from '@jest/globals';
import { type HttpAuthMatchers, httpAuthMatchers } from '../matchers.js';

expect.extend(httpAuthMatchers);

declare module 'expect' {
  interface Matchers<R> extends HttpAuthMatchers<R> {}
}

// The `expect` of @types/jest.
declare global {
  namespace jest {
    interface Matchers<R> extends HttpAuthMatchers<R> {}
  }
}
