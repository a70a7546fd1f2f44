/**
 * Adds `toChallenge()` and the other matchers to the `expect` of Vitest.
 *
 * ```ts
 * import 'nestjs-http-auth/testing/vitest';
 * ```
 *
 * @module nestjs-http-auth/testing/vitest
 */

import { expect } from 'vitest';
import { type HttpAuthMatchers, httpAuthMatchers } from '../matchers.js';

expect.extend(httpAuthMatchers);

declare module 'vitest' {
  interface Matchers extends HttpAuthMatchers<void> {}
}
