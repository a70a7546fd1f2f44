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
