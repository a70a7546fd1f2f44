import config from './jest.config.js';

/**
 * The tests of `npm run mutate`. Some tests read or compile the source itself, which contains all mutants during the run, and those of
 * the doctor find two copies of the library. They cannot take part.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  // Set by `--tests`: a pattern that the paths of the test files match.
  testMatch: undefined,
  testRegex: `^(?=.*(${process.env.MUTATE_TESTS ?? ''})).*\\.(e2e-)?spec\\.ts$`,
  // A mutant that makes a test wait forever is killed soon.
  testTimeout: 15_000,
  setupFiles: ['<rootDir>/test/support/first-failure.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    'test/(architecture|docs|reference\\.e2e|passwords\\.cost|cli\\.doctor)[.-]',
  ],
};
