import config from './jest.config.js';

/**
 * The tests of `npm run mutate`. Some tests read or compile the source itself, which contains all mutants during the run, so they
 * cannot take part.
 *
 * @type {import('jest').Config}
 */
export default {
  ...config,
  testPathIgnorePatterns: ['/node_modules/', 'test/(architecture|docs|reference\\.e2e|passwords\\.cost)[.-]'],
};
