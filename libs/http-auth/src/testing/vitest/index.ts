import { expect } from 'vitest';
import { type HttpAuthMatchers, httpAuthMatchers } from '../matchers.js';

expect.extend(httpAuthMatchers);

declare module 'vitest' {
  interface Matchers extends HttpAuthMatchers<void> {}
}
