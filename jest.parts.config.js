import config from './jest.config.js';

/**
 * The suite with real parts around the application, such as Redis: it needs what `scripts/parts.sh` installs, so `npm test`
 * leaves it out.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  roots: ['<rootDir>/test/parts'],
  testMatch: ['**/*.parts-spec.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
