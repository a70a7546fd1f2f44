import config from './jest.config.js';

/**
 * The suite of real clients: it needs what `scripts/clients.sh` installs, so `npm test` leaves it out.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  roots: ['<rootDir>/test/clients'],
  testMatch: ['**/*.client-spec.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/clients/support/patience.ts'],
  testTimeout: 180_000,
  maxWorkers: 2,
};
