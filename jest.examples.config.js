import config from './jest.config.js';

/**
 * The tests of the applications in `examples`.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  roots: ['<rootDir>/examples'],
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: [...config.modulePathIgnorePatterns, '<rootDir>/examples/.*/dist'],
  testTimeout: 60_000,
};
