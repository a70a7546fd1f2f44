import config from './jest.config.js';

/**
 * The tests with real servers around the application, such as Redis. They need the packages of `scripts/parts.sh`, so
 * `npm test` does not run them.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  roots: ['<rootDir>/test/parts'],
  testMatch: ['**/*.parts-spec.ts'],
  testTimeout: 120_000,
  maxWorkers: 2,
};
