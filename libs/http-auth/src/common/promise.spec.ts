import { describe, expect, it } from '@jest/globals';
import { isPromise } from './promise.js';

describe('isPromise', () => {
  it.each<[boolean, unknown]>([
    [true, Promise.resolve()],
    // A thenable must be awaited as well: a verifier may use another promise library.
    // eslint-disable-next-line unicorn/no-thenable
    [true, { then: () => undefined }],
    // eslint-disable-next-line unicorn/no-thenable
    [false, { then: true }],
    [false, {}],
    [false, 'then'],
    [false, null],
    [false, undefined],
  ])('is %p for %p', (promise, value) => {
    expect(isPromise(value)).toBe(promise);
  });
});
