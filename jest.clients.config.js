import config from './jest.config.js';

/**
 * The tests with real clients. They need the packages of `scripts/clients.sh`, so `npm test` does not run them.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  roots: ['<rootDir>/test/clients'],
  testMatch: ['**/*.client-spec.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/clients/support/patience.ts'],
  testSequencer: '<rootDir>/test/clients/support/longest.first.js',
  testTimeout: 180_000,
  maxWorkers: 2,
};
