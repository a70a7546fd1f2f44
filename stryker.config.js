/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'jest.mutate.config.js', enableFindRelatedTests: false },
  plugins: ['@stryker-mutator/*', './scripts/support/mutant.sample.mjs'],
  checkers: process.env.MUTATE_SHARE === undefined ? [] : ['sample'],
  coverageAnalysis: 'perTest',
  // A mutant that runs when a file is loaded would need every test.
  ignoreStatic: true,
  ignorePatterns: ['bench/dist', 'dist', 'libs/http-auth/dist', 'coverage'],
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: 'coverage/mutation.json' },
  timeoutMS: 10_000,
  // The modules of each run stay in the memory of the process (https://github.com/jestjs/jest/issues/14605).
  maxTestRunnerReuse: 40,
};
